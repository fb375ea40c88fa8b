"""turns - chat turns as the fault tests run them: begun by the REST interface, followed by a socket.

A turn's answer is `words` words of the mock provider, `delay` ms apart.
"""
from http.client import HTTPException

from owui import Client, Failed, need, turn_body, until

TURNS = 10


def spoken(message):
    """The text of an answer: its content, or what its output items say."""
    text = message.get("content") or ""
    for item in message.get("output") or []:
        for part in item.get("content") or []:
            text += part.get("text") or ""
    return text


class Turn:
    def __init__(self, turns, number):
        self.turns = turns
        text = f"question {number} tokens={turns.words} delay={turns.delay}"
        _, self.answer, body = turn_body(text, "mock-small", turns.client.sid)
        self.chat = turns.owui.ok("POST", "/api/chat/completions", body, turns.token)["chat_id"]

    def events(self, kind):
        return [e for e in list(self.turns.client.events) if e[0] == "events" and e[1].get("message_id") == self.answer
                and e[1].get("data", {}).get("type") == kind]

    def streaming(self):
        return len(self.events("response:completion")) > 3

    def message(self):
        chat = self.turns.owui.ok("GET", "/api/v1/chats/" + self.chat, token=self.turns.token)
        return chat["chat"]["history"]["messages"].get(self.answer)

    def tasks(self):
        return self.turns.owui.ok("GET", "/api/tasks/chat/" + self.chat, token=self.turns.token)["task_ids"]

    def ended(self):
        try:
            m = self.message()
            return m is not None and m.get("done") is True and not self.tasks()
        except (OSError, HTTPException, Failed):  # something is just coming back
            return False

    def whole(self):
        return f"w{self.turns.words - 1}" in spoken(self.message())


class Turns:
    """An administrator's turns on an instance, and the socket that hears of them."""

    def __init__(self, owui, words=60, delay=50):
        self.owui, self.words, self.delay = owui, words, delay
        self.token = owui.admin()["token"]
        self.client = Client(owui, self.token)

    def joined(self):
        until("the client joins", 20, lambda: self.client.sid)

    def begin(self):
        """TURNS of them, all streaming."""
        self.joined()
        turns = [Turn(self, i) for i in range(TURNS)]
        until("all turns stream", 30, lambda: all(t.streaming() for t in turns))
        return turns

    def end(self, turns, complete):
        """All end with their whole answer, or (not complete) with the part that had come and a word about it."""
        until("no turn stays running", 60, lambda: all(t.ended() for t in turns), 0.3)
        whole = 0
        for t in turns:
            if t.whole():
                whole += 1
                continue
            m = t.message()
            need(not complete, f"an answer is cut off: {str(m)[:300]}")
            need(m.get("error") or "w0" in spoken(m), f"an answer is lost: {str(m)[:300]}")
        return f"{whole} of {len(turns)} answers whole"

    def one_works(self):
        """A new turn, from the first word to the last."""
        self.joined()
        t = Turn(self, 99)
        until("a turn afterwards", 30, t.ended, 0.2)
        need(t.whole(), "the turn afterwards is not whole")
        until("its deltas reach the client", 5, t.streaming)
