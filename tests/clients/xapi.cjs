// What an application does with @xapi/xapi. `node xapi.cjs WHAT`; endpoint, key and secret come by the environment.
const assert = require("node:assert/strict");
const { createHash, randomUUID } = require("node:crypto");
const XAPI = require("@xapi/xapi").default ?? require("@xapi/xapi");

const lrs = new XAPI({
    endpoint: process.env.LRS_ENDPOINT,
    auth: XAPI.toBasicAuth(process.env.LRS_KEY, process.env.LRS_SECRET),
    version: "1.0.3",
    adapter: process.env.LRS_ADAPTER,
});
const PLAYED = { id: "https://w3id.org/xapi/video/verbs/played", display: { "zh-CN": "播放" } };
const LI = { objectType: "Agent", mbox: "mailto:li@example.org", name: "李" };

function statement(changes = {}) {
    return { actor: LI, verb: PLAYED, object: { objectType: "Activity", id: "https://example.org/videos/1" }, ...changes };
}

/** A call that has to fail. With `fetch` the client passes on the body of the refusal only, without its status. */
async function refused(status, promise) {
    const error = await promise.then(() => null, (e) => e);
    assert.ok(error, "it was not refused");
    if (error.response) assert.equal(error.response.status, status);
    else assert.ok(JSON.parse(error.message).error);
}

const does = {
    async statements() {
        const [id] = (await lrs.sendStatement({ statement: statement({ result: { success: true } }) })).data;
        const back = (await lrs.getStatement({ statementId: id })).data;
        assert.equal(back.actor.name, "李");
        assert.equal(back.result.success, true);
        const many = (await lrs.sendStatements({ statements: [statement(), statement()] })).data;
        assert.equal(many.length, 2);
        const other = statement({ id, object: { id: "https://example.org/videos/2" } });
        await refused(409, lrs.sendStatement({ statement: other }));
        await refused(400, lrs.sendStatement({ statement: statement({ verb: { id: "x" } }) }));
    },

    async queries() {
        const agent = { objectType: "Agent", account: { homePage: "https://example.org", name: randomUUID() } };
        const registration = randomUUID();
        const sent = [1, 2, 3, 4, 5].map(() => statement({ id: randomUUID(), actor: agent, context: { registration } }));
        await lrs.sendStatements({ statements: sent });
        const ids = sent.map((one) => one.id);
        for (const filter of [{ agent }, { registration }, { agent, verb: PLAYED.id }, { agent, related_agents: true }]) {
            let page = (await lrs.getStatements({ ...filter, limit: 2, ascending: true })).data;
            const found = page.statements.map((one) => one.id);
            while (page.more) {
                page = (await lrs.getMoreStatements({ more: page.more })).data;
                found.push(...page.statements.map((one) => one.id));
            }
            assert.deepEqual(found, ids);
        }
        const stored = (await lrs.getStatement({ statementId: ids[0] })).data.stored;
        assert.equal((await lrs.getStatements({ agent, since: stored })).data.statements.length, 0);
        assert.equal((await lrs.getStatements({ agent, until: stored, format: "ids" })).data.statements.length, 5);
    },

    async voiding() {
        const [id] = (await lrs.sendStatement({ statement: statement() })).data;
        await lrs.voidStatement({ actor: LI, statementId: id });
        await refused(404, lrs.getStatement({ statementId: id }));
        assert.equal((await lrs.getVoidedStatement({ voidedStatementId: id })).data.id, id);
    },

    async documents() {
        const activityId = `https://example.org/${randomUUID()}`;
        const key = `书签 ${randomUUID()}`;
        const state = { agent: LI, activityId, stateId: key };
        await lrs.createState({ ...state, state: { a: { b: 1 } } });
        await lrs.createState({ ...state, state: { c: 2 } });
        assert.deepEqual((await lrs.getState(state)).data, { a: { b: 1 }, c: 2 });
        await lrs.setState({ ...state, state: { d: 3 } });
        assert.deepEqual((await lrs.getState(state)).data, { d: 3 });
        assert.deepEqual((await lrs.getStates({ agent: LI, activityId })).data, [key]);
        await lrs.deleteState(state);
        await refused(404, lrs.getState(state));

        for (const [kind, of] of [["ActivityProfile", { activityId }], ["AgentProfile", { agent: LI }]]) {
            const profile = { ...of, profileId: key };
            const etag = '"' + createHash("sha1").update('{"a":1}').digest("hex") + '"';
            await lrs[`create${kind}`]({ ...profile, profile: { a: 1 }, etag: "*", matchHeader: "If-None-Match" });
            const got = await lrs[`get${kind}`](profile);
            assert.equal(got.headers.etag ?? got.headers.get?.("etag"), etag);
            const change = { ...profile, profile: { a: 2 }, matchHeader: "If-Match" };
            await refused(412, lrs[`set${kind}`]({ ...change, etag: '"x"' }));
            await lrs[`set${kind}`]({ ...change, etag });
            assert.deepEqual((await lrs[`get${kind}`](profile)).data, { a: 2 });
            assert.ok((await lrs[`get${kind}s`](of)).data.includes(key));
            await lrs[`delete${kind}`](profile);
        }
    },

    async attachments() {
        const content = new TextEncoder().encode("证书 one").buffer;
        const attachment = {
            usageType: "https://example.org/certificate",
            display: { en: "certificate" },
            contentType: "text/plain",
            length: content.byteLength,
            sha2: createHash("sha256").update(Buffer.from(content)).digest("hex"),
        };
        const sent = statement({ attachments: [attachment] });
        const [id] = (await lrs.sendStatement({ statement: sent, attachments: [content] })).data;
        const [back, data] = (await lrs.getStatement({ statementId: id, attachments: true })).data;
        assert.equal(back.id, id);
        assert.equal(Buffer.from(data).toString(), "证书 one");
    },

    async about() {
        assert.ok((await lrs.getAbout()).data.version.includes("1.0.3"));
        const person = (await lrs.getAgent({ agent: { objectType: "Agent", mbox: "mailto:x@example.org" } })).data;
        assert.deepEqual(person.mbox, ["mailto:x@example.org"]);
        const activity = (await lrs.getActivity({ activityId: "https://example.org/unknown" })).data;
        assert.equal(activity.id, "https://example.org/unknown");
    },
};

does[process.argv[2]]().catch((error) => {
    console.error(error.response?.data ?? error);
    process.exitCode = 1;
});
