// screenshot FILE.png: the web UI with a conversation, as README shows it.  BASE_URL names a running instance whose provider is
// tests/mock/provider.js; the packages are those of tests/conformance/e2e.
import * as L from '../conformance/e2e/lib.mjs';

const answer = [
	'Three things to look at first:', '',
	'1. **Which statements take the time?** `pg_stat_statements` sums them up.',
	'2. **Why?** `EXPLAIN (ANALYZE, BUFFERS)` shows the plan and what it read.',
	'3. **Is an index missing?** For a list in order of time:', '',
	'```sql', 'CREATE INDEX ON chat (user_id, updated_at DESC);', '```'
].join('\n');
const chats = [
	['Slow queries in PostgreSQL', 'Our chat list became slow. Where do I start?', answer],
	['Letter to the landlord', 'Write a friendly reminder about the heating.', 'Dear Mr Brandt, …'],
	['Packing list for Norway', 'A week in June, with a tent.', 'Layers, and a good rain jacket.'],
	['Regular expressions', 'Match an ISO date.', '`\\d{4}-\\d{2}-\\d{2}`']
];

const target = process.argv[2];
if (!target) throw new Error('screenshot: name the PNG file');
const admin = { ...L.ADMIN };
await L.signin(admin).catch(async () => {
	await L.post(null, '/api/v1/auths/signup', { name: admin.name, email: admin.email, password: admin.password });
	await L.signin(admin);
});
const reader = await L.addUser(admin, 'alex', 'admin');
const ids = [];
for (const [title, question, text] of [...chats].reverse()) ids.push(await L.mkChat(reader, title, [[question, text]]));
const browser = await L.launch();
try {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
	await context.addInitScript((token) => {
		localStorage.setItem('token', token);
		localStorage.setItem('sidebar', 'true');
	}, reader.token);
	const page = await context.newPage();
	await page.goto(`${L.BASE}/c/${ids.at(-1)}`);
	await L.vis(page.getByText('CREATE INDEX'), 'the answer');
	await L.sleep(1500);
	await page.screenshot({ path: target });
} finally {
	await L.shutdown();
}
