#include "turn/prompts.h"

const char prompt_title[] =
	"Name the conversation below.\n\n"
	"- The title has three to five words and says what the conversation is about; one fitting emoji "
	"may stand before it.\n"
	"- Write it in the language that the conversation mostly uses; choose English when that is unclear.\n"
	"- Prefer plain and exact words over witty ones. No quotation marks, no special formatting.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"title\": \"your short title\" }\n\n"
	"Two examples:\n"
	"{ \"title\": \"🥖 Sourdough for Beginners\" }\n"
	"{ \"title\": \"Sorting Algorithms Compared\" }\n\n"
	"<chat_history>\n{{MESSAGES:END:2}}\n</chat_history>\n";

const char prompt_tags[] =
	"File the conversation below under one to three broad subjects, and add one to three narrower "
	"ones where they fit.\n\n"
	"- Broad subjects are fields such as Science, Technology, Philosophy, Arts, Politics, Business, "
	"Health, Sports, Entertainment, Education.\n"
	"- Where the conversation is too short or too mixed to tell, answer with the single subject "
	"\"General\".\n"
	"- Use the language that the conversation mostly uses; choose English when that is unclear.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"tags\": [\"first\", \"second\", \"third\"] }\n\n"
	"<chat_history>\n{{MESSAGES:END:6}}\n</chat_history>\n";

const char prompt_follow_ups[] =
	"Think of three to five things that the user of the conversation below might want to ask or say "
	"next.\n\n"
	"- Word each one as the user would, addressed to the assistant.\n"
	"- Each must follow from what was discussed, stand on its own and be short; leave out what was "
	"answered already.\n"
	"- Use the language of the conversation.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"follow_ups\": [\"first question?\", \"second question?\", \"third question?\"] }\n\n"
	"<chat_history>\n{{MESSAGES:END:5}}\n</chat_history>\n";

const char prompt_queries[] =
	"Decide whether looking something up would help to answer the conversation below, and with which "
	"search queries.\n\n"
	"- Give one to three short queries that differ from each other; use the language of the "
	"conversation unless another one finds more.\n"
	"- When in doubt, give a query; give an empty list only where nothing could be found that helps.\n"
	"- Today is {{CURRENT_DATE}}: name a year or a date where the answer depends on it.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"queries\": [\"first query\", \"second query\"] }\n\n"
	"<chat_history>\n{{MESSAGES:END:6}}\n</chat_history>\n";

const char prompt_image[] =
	"Describe the picture that the user of the conversation below wants to have drawn, for a program "
	"that draws from a description and knows nothing else.\n\n"
	"- Name the subject, its surroundings, light, colours, mood and style, as far as they follow from "
	"the conversation; do not invent what contradicts it.\n"
	"- Write plain English in one paragraph.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"prompt\": \"the description\" }\n\n"
	"<chat_history>\n{{MESSAGES:END:6}}\n</chat_history>\n";

const char prompt_autocomplete[] =
	"Finish the text below the way its author most likely would.\n\n"
	"- Give only what comes next, a few words up to one sentence; never repeat or correct what stands "
	"there, and keep its language and tone.\n"
	"- Kind \"General\": finish the thought. Kind \"Search Query\": finish it as somebody would type it "
	"into a search field.\n"
	"- Answer with nothing but a JSON object; the text is empty when nothing fits:\n"
	"{ \"text\": \"what comes next\" }\n\n"
	"Kind: {{TYPE}}\n"
	"<chat_history>\n{{MESSAGES:END:6}}\n</chat_history>\n"
	"<text>{{PROMPT}}</text>\n";

const char prompt_emoji[] =
	"Which single emoji shows best what somebody feels who says the following? Answer with that emoji "
	"and nothing else.\n\n"
	"Message: \"\"\"{{prompt}}\"\"\"";

const char prompt_merge[] =
	"Several assistants have answered the same question. Write the one answer that should be given.\n\n"
	"- Weigh what they say: keep what is right, drop what is wrong or beside the point, settle what "
	"they contradict each other in.\n"
	"- Do not mention the assistants or that there were several answers; write an answer that stands "
	"on its own, complete and well ordered, in the language of the question.\n\n"
	"Question: \"\"\"{{prompt}}\"\"\"\n\n"
	"Their answers:\n{{responses}}";

const char prompt_voice[] =
	"Your words will be spoken to the user by a voice. Talk as people talk: short sentences, everyday "
	"words, the answer first.\n"
	"- Say at most a few sentences unless the user asks for more.\n"
	"- Use nothing that can only be seen: no lists, headings, tables, links, code or symbols. Say "
	"numbers, dates and units the way one reads them aloud.\n"
	"- When you did not understand something, say so briefly and ask.";

const char prompt_code_interpreter[] =
	"You can run Python while you answer. Put a program between <code_interpreter type=\"code\" "
	"lang=\"python\"> and </code_interpreter>, without a code fence; then stop writing. It is run, and "
	"you continue with what it printed before you.\n"
	"- Use it where running something beats guessing: arithmetic, data, dates, text, plots.\n"
	"- Print what you want to see; a program that prints nothing tells you nothing. Names and files "
	"may be gone in the next program.\n"
	"- After a fault, mend the program and try again, a few times at most.\n"
	"- Pictures that a program shows appear with a link in its output: repeat that link in your answer, "
	"never make one up.\n"
	"- End with an answer in the language of the conversation that says what came out.";

const char prompt_code_browser[] =
	"Python runs in the user's browser (Pyodide). Files of the user lie under /mnt/uploads: list that "
	"folder to see them, and write files there that the user shall have. Common packages such as numpy, "
	"pandas, matplotlib and scipy can be imported; others are installed with micropip where a pure "
	"Python wheel exists. There are no processes and no threads.";

const char prompt_summary[] =
	"Summarise the conversation below for the assistant that will continue it and sees nothing of it "
	"but your summary.\n\n"
	"- Keep what the user wants and prefers, facts, names, numbers, decisions and their reasons, the "
	"state of the work, what is still open, and texts that will be needed word for word.\n"
	"- An earlier summary, if there is one, is part of the conversation: carry on what still counts. The "
	"messages that follow it stay visible to the assistant and need no summary.\n"
	"- Write plain paragraphs or lists in the language of the conversation; no greeting, no remarks "
	"about the task.\n\n"
	"<earlier_summary>\n{{PREVIOUS_SUMMARY}}\n</earlier_summary>\n"
	"<conversation>\n{{COMPACTED_MESSAGES}}\n</conversation>\n"
	"<what_follows>\n{{RECENT_MESSAGES}}\n</what_follows>\n";

const char prompt_sources[] =
	"Answer the question with the help of the sources below.\n\n"
	"- Say it when the sources do not hold the answer; then answer from what you know and make clear "
	"that you do.\n"
	"- Where a source carries an id, name it right behind what you took from it as [id], for instance "
	"[1] or [1][3]. Never cite a source without an id, and never write an id that is not there.\n"
	"- Answer in the language of the question, and do not repeat the sources or these lines.\n\n"
	"<context>\n{{CONTEXT}}\n</context>\n\n"
	"<question>\n{{QUERY}}\n</question>\n";

const char prompt_tools[] =
	"You decide which tools help to answer a question. The tools, as JSON:\n\n{{TOOLS}}\n\n"
	"Answer with one JSON object and nothing else:\n"
	"{\"tool_calls\": [{\"name\": \"<tool>\", \"parameters\": {\"<parameter>\": <value>}}]}\n\n"
	"- Use only tools and parameters of the list; give every required parameter.\n"
	"- Call a tool only where its result is needed; otherwise answer {\"tool_calls\": []}.\n";
