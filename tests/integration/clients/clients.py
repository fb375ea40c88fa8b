#!/usr/bin/env python3
"""clients.py URL STATE: the official client libraries of OpenAI, Anthropic and Ollama talk to an instance.

The libraries (requirements.txt) go into a private environment below STATE, made at the first run.  The providers
are those of tests/mock/provider.js at MOCK_URL.
"""
import os
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "lib"))
from owui import Instance, Report, need  # noqa: E402

ENV = os.path.join(os.path.abspath(sys.argv[2]), "clients-venv")


def into_environment():
    """Run again with the libraries; they are installed when the environment is new."""
    if sys.prefix == ENV:
        return
    python = os.path.join(ENV, "bin", "python")
    marker = os.path.join(ENV, "complete")
    if not os.path.exists(marker):
        venv.create(ENV, clear=True)  # without pip of its own: Debian's python3 has no ensurepip
        subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "-r",
                        os.path.join(HERE, "requirements.txt")], check=True)
        open(marker, "w").close()
    os.execv(python, [python] + sys.argv)


into_environment()
import anthropic  # noqa: E402
import ollama  # noqa: E402
import openai  # noqa: E402

URL, STATE = sys.argv[1].rstrip("/"), sys.argv[2]
MOCK = os.environ["MOCK_URL"].rstrip("/")
owui = Instance(URL, STATE)
admin = owui.admin()["token"]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


def connect():
    owui.ok("POST", "/openai/config/update", {
        "ENABLE_OPENAI_API": True, "OPENAI_API_BASE_URLS": [MOCK + "/v1", MOCK + "/alt/v1", MOCK + "/alt/v1"],
        "OPENAI_API_KEYS": ["sk-test", "alt", "alt"],
        "OPENAI_API_CONFIGS": {"1": {"prefix_id": "alt"}, "2": {"prefix_id": "resp", "api_type": "responses"}}}, admin)
    owui.ok("POST", "/ollama/config/update", {
        "ENABLE_OLLAMA_API": True, "OLLAMA_BASE_URLS": [MOCK + "/ollama", MOCK + "/ollama2"],
        "OLLAMA_API_CONFIGS": {"0": {"prefix_id": "ol"}}}, admin)
    owui.ok("GET", "/api/models?refresh=true", token=admin)


def error_of(kind, function):
    try:
        function()
    except kind as e:
        return e
    raise AssertionError(f"no {kind.__name__}")


def ask(text):
    return [{"role": "user", "content": text}]


# ---- OpenAI ----

def oai(path="/api/v1", key=admin):
    return openai.OpenAI(base_url=URL + path, api_key=key, max_retries=0, timeout=20)


def openai_chat(path, model, text="w0 w1 w2"):
    r = oai(path).chat.completions.create(model=model, messages=ask("tokens=3"))
    need(r.choices[0].message.content == text, r.choices[0].message)
    need(r.choices[0].finish_reason == "stop", r)


def openai_stream(path, model, text="w0 w1 w2"):
    parts, end = [], None
    for chunk in oai(path).chat.completions.create(model=model, messages=ask("tokens=3"), stream=True):
        if chunk.choices:
            parts.append(chunk.choices[0].delta.content or "")
            end = chunk.choices[0].finish_reason or end
    need("".join(parts) == text and end == "stop", (parts, end))
    need(len(parts) > 2, parts)


def openai_tools(stream, model="mock-tools"):
    tools = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
    if stream:
        name = ""
        for c in oai().chat.completions.create(model=model, messages=ask("use tool"), tools=tools, stream=True):
            for call in (c.choices[0].delta.tool_calls or []) if c.choices else []:
                name += call.function.name or ""
        need(name == "weather", name)
        return
    r = oai().chat.completions.create(model=model, messages=ask("use tool"), tools=tools)
    need(r.choices[0].message.tool_calls[0].function.name == "weather", r)
    need(r.choices[0].finish_reason == "tool_calls", r)


def openai_models():
    ids = [m.id for m in oai("/api").models.list().data]
    need({"mock-small", "alt.alt-chat", "ol.oll-chat:latest", "oll-two:7b"} <= set(ids), ids)
    need("resp.alt-chat" in [m.id for m in oai("/openai").models.list().data], "no Responses model")


def openai_embeddings(model, dimensions):
    r = oai().embeddings.create(model=model, input=["one", "two"], encoding_format="float")
    need(len(r.data) == 2 and len(r.data[0].embedding) == dimensions, (len(r.data), len(r.data[0].embedding)))
    need(r.data[0].index == 0 and r.data[1].index == 1, r.data)


def openai_responses():
    client = oai("/openai")
    r = client.responses.create(model="alt.alt-chat", input="hello")
    need(r.output_text == "r0 r1 r2" and r.status == "completed", r)
    text = "".join(e.delta for e in client.responses.create(model="alt.alt-chat", input="hello", stream=True)
                   if e.type == "response.output_text.delta")
    need(text == "r0 r1 r2", text)


def openai_errors():
    error_of(openai.AuthenticationError, lambda: oai(key="wrong").chat.completions.create(
        model="mock-small", messages=ask("x")))
    error_of(openai.BadRequestError, lambda: oai().chat.completions.create(model="nobody", messages=ask("x")))
    e = error_of(openai.RateLimitError, lambda: oai().chat.completions.create(
        model="mock-small", messages=ask("[status=429]")))
    need(e.response.headers.get("retry-after") == "3", dict(e.response.headers))
    error_of(openai.InternalServerError, lambda: list(oai().chat.completions.create(
        model="mock-error", messages=ask("x"), stream=True)))
    error_of(openai.NotFoundError, lambda: oai("/openai").chat.completions.create(
        model="nobody", messages=ask("x")))


# ---- Anthropic ----

def claude(key=admin):
    return anthropic.Anthropic(base_url=URL + "/api", api_key=key, max_retries=0, timeout=20)


def anthropic_message(model, text="w0 w1 w2"):
    r = claude().messages.create(model=model, max_tokens=50, system="Be brief.", messages=ask("tokens=3"))
    need(r.content[0].text == text and r.stop_reason == "end_turn" and r.model == model, r)
    need(r.usage.output_tokens == 3, r.usage)


def anthropic_stream(model, text="w0 w1 w2"):
    with claude().messages.stream(model=model, max_tokens=50, messages=ask("tokens=3")) as s:
        need("".join(s.text_stream) == text, "another text")
        need(s.get_final_message().stop_reason == "end_turn", s.get_final_message())


def anthropic_thinking():
    with claude().messages.stream(model="mock-reason", max_tokens=50, messages=ask("tokens=2")) as s:
        kinds = [b.type for b in s.get_final_message().content]
    need(kinds == ["thinking", "text"], kinds)


def anthropic_tools(stream, model="mock-tools"):
    given = dict(model=model, max_tokens=50, messages=ask("use tool"),
                 tools=[{"name": "weather", "input_schema": WEATHER}])
    if stream:
        with claude().messages.stream(**given) as s:
            r = s.get_final_message()
    else:
        r = claude().messages.create(**given)
    need(r.content[0].type == "tool_use" and r.content[0].name == "weather", r)
    need(r.stop_reason == "tool_use", r.stop_reason)


def anthropic_counting():
    r = claude().messages.count_tokens(model="alt.alt-chat", messages=ask("one two three"))
    need(r.input_tokens == 3, r)


def anthropic_errors():
    given = dict(max_tokens=5, messages=ask("x"))
    error_of(anthropic.AuthenticationError, lambda: claude("wrong").messages.create(model="mock-small", **given))
    error_of(anthropic.BadRequestError, lambda: claude().messages.create(model="nobody", **given))
    e = error_of(anthropic.RateLimitError, lambda: claude().messages.create(
        model="mock-small", max_tokens=5, messages=ask("[status=429]")))
    need(e.response.headers.get("retry-after") == "3", dict(e.response.headers))
    error_of(anthropic.InternalServerError, lambda: claude().messages.create(model="mock-error", **given))


# ---- Ollama ----

def oll(key=admin):
    return ollama.Client(host=URL + "/ollama", headers={"Authorization": "Bearer " + key}, timeout=20)


def ollama_chat():
    r = oll().chat(model="ol.oll-chat:latest", messages=ask("hello"))
    need(r.message.content == "o0 o1 o2" and r.done, r)
    parts = [c.message.content for c in oll().chat(model="ol.oll-chat:latest", messages=ask("hello"), stream=True)]
    need("".join(parts) == "o0 o1 o2" and len(parts) > 2, parts)


def ollama_tools():
    tool = {"type": "function", "function": {"name": "weather", "description": "", "parameters": WEATHER}}
    r = oll().chat(model="ol.oll-chat:latest", messages=ask("use tool"), tools=[tool])
    need(r.message.tool_calls[0].function.name == "weather", r)


def ollama_generate():
    need(oll().generate(model="ol.oll-chat:latest", prompt="hello").response == "g0 g1 g2", "another text")
    parts = [c.response for c in oll().generate(model="ol.oll-chat:latest", prompt="hello", stream=True)]
    need("".join(parts) == "g0 g1 g2" and len(parts) > 2, parts)


def ollama_embeddings():
    r = oll().embed(model="ol.oll-embed:latest", input=["red fox", "hen"])
    need(len(r.embeddings) == 2 and len(r.embeddings[0]) == 64, r)
    need(len(oll().embeddings(model="ol.oll-embed:latest", prompt="fox").embedding) == 64, "another length")


def ollama_management():
    names = [m.model for m in oll().list().models]
    need(names == ["ol.oll-chat:latest", "ol.oll-embed:latest", "oll-chat:latest", "oll-two:7b"], names)
    need("completion" in oll().show("oll-two:7b").capabilities, "no capabilities")
    need([m.model for m in oll().ps().models] == ["ol.oll-chat:latest"], oll().ps())
    steps = [p.status for p in oll().pull("new:1b", stream=True)]
    need(steps[0] == "pulling manifest" and steps[-1] == "success", steps)
    need(oll().copy("oll-two:7b", "copied").status == "success", "not copied")
    need(oll().delete("oll-two:7b").status == "success", "not deleted")


def ollama_errors():
    for expected, call in ((400, lambda: oll().chat(model="nobody", messages=ask("x"))),
                           (503, lambda: oll().chat(model="ol.oll-chat:latest", messages=ask("status=503"))),
                           (401, lambda: oll("wrong").list()),
                           (500, lambda: oll().pull("missing:1b"))):
        need(error_of(ollama.ResponseError, call).status_code == expected, expected)


report = Report()
connect()
for where, model, text in (("/api", "mock-small", "w0 w1 w2"), ("/api/v1", "mock-small", "w0 w1 w2"),
                           ("/openai", "alt.alt-chat", "w0 w1 w2"), ("/api", "ol.oll-chat:latest", "o0 o1 o2"),
                           ("/ollama/v1", "ol.oll-chat:latest", "w0 w1 w2")):
    report.check(f"openai chat {where} {model}", openai_chat, where, model, text)
    report.check(f"openai stream {where} {model}", openai_stream, where, model, text)
report.check("openai chat over the Responses API", openai_chat, "/api", "resp.alt-chat", "r0 r1 r2")
report.check("openai tools", openai_tools, False)
report.check("openai tools, streamed", openai_tools, True)
report.check("openai tools of an Ollama model", openai_tools, False, "ol.oll-chat:latest")
report.check("openai tools of an Ollama model, streamed", openai_tools, True, "ol.oll-chat:latest")
report.check("openai models", openai_models)
report.check("openai embeddings", openai_embeddings, "mock-small", 64)
report.check("openai embeddings of an Ollama model", openai_embeddings, "ol.oll-embed:latest", 64)
report.check("openai responses", openai_responses)
report.check("openai errors", openai_errors)
for model, text in (("mock-small", "w0 w1 w2"), ("ol.oll-chat:latest", "o0 o1 o2"), ("resp.alt-chat", "r0 r1 r2")):
    report.check(f"anthropic message {model}", anthropic_message, model, text)
    report.check(f"anthropic stream {model}", anthropic_stream, model, text)
report.check("anthropic thinking", anthropic_thinking)
for model in ("mock-tools", "ol.oll-chat:latest", "resp.alt-chat"):
    report.check(f"anthropic tools {model}", anthropic_tools, False, model)
    report.check(f"anthropic tools, streamed {model}", anthropic_tools, True, model)
report.check("anthropic counting", anthropic_counting)
report.check("anthropic errors", anthropic_errors)
report.check("ollama chat", ollama_chat)
report.check("ollama tools", ollama_tools)
report.check("ollama generate", ollama_generate)
report.check("ollama embeddings", ollama_embeddings)
report.check("ollama management", ollama_management)
report.check("ollama errors", ollama_errors)
sys.exit(report.end())
