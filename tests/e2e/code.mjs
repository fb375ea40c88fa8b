// code.mjs - the official web UI's run button on owui-executor, with the harness of tests/conformance/e2e.
// BASE_URL: an instance with a running executor.  Prints `N passed, M failed`.
import { fileURLToPath } from 'node:url';
import * as L from '../conformance/e2e/lib.mjs';
import { setup } from '../conformance/e2e/checks/setup.mjs';
const { check, vis, assert } = L;

const PLOT = 'import base64\nprint("data:image/png;base64," + base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082")).decode())';
const CASES = [
	['run-button-runs-in-the-sandbox', 'import os\nprint("ran in", os.getcwd())\n6 * 7', ['ran in /workspace', '42']],
	['run-button-shows-a-traceback', 'def f():\n    return 1 / 0\nf()', ['ZeroDivisionError: division by zero']],
	['run-button-is-kept-from-the-host', 'import os\nprint("host", os.path.exists("/root"), os.path.exists("/home"))', ['host False False']]
];

async function run(t, name, code) {
	const id = await L.mkChat(t.alice, `${name} ${L.RUN}`, [['q', 'Here:\n\n```python\n' + code + '\n```\n']]);
	const page = await t.open(t.alice, '/c/' + id);
	await (await vis(page.getByRole('button', { name: 'Run', exact: true }), 'Run button')).click();
	return page;
}

for (const [name, code, texts] of CASES)
	check(name, async (t) => {
		const page = await run(t, name, code);
		for (const text of texts) await vis(page.locator('[role=log]').getByText(text, { exact: false }).last(), text, 30000);
	});

check('run-button-shows-pictures', async (t) => {
	const page = await run(t, 'picture', PLOT);
	await vis(page.locator('[role=log] img[src^="data:image/png;base64,"]').last(), 'picture', 30000);
});

check('a-plain-user-sees-the-engine-as-jupyter', async (t) => {
	const config = await L.get(t.alice, '/api/config');
	assert(config.code.engine === 'jupyter', 'code.engine is ' + config.code.engine);
});

async function prepare(env) {
	await setup(env);
	env.settings = await L.get(env.admin, '/api/v1/configs/code_execution');
	await L.post(env.admin, '/api/v1/configs/code_execution', { ...env.settings, CODE_EXECUTION_ENGINE: 'sandbox' });
}

await L.runAll({
	here: fileURLToPath(new URL('../conformance/e2e', import.meta.url)),
	setup: prepare,
	fresh: async () => {
		if ((await L.get(null, '/api/config')).onboarding)
			await L.post(null, '/api/v1/auths/signup', { name: L.ADMIN.name, email: L.ADMIN.email, password: L.ADMIN.password });
	}
});
