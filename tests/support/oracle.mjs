// Answers questions, one JSON object a line, with the unmodified npm packages `semver` and
// `@continuedev/config-yaml`. Started by node.py as: node oracle.mjs <folder of node_modules>
//
//   {op: "satisfies", version, range}                → bool
//   {op: "maxSatisfying", versions, range}           → string or null
//   {op: "compare", a, b}                            → -1, 0 or 1
//   {op: "valid", version}                           → normal form or null
//   {op: "validRange", range}                        → normal form or null
//   {op: "unroll", id, content, packages, secrets, orgScopeId, user, alwaysUseProxy, onPremProxyUrl,
//        inject, allow, block, requestOptions}       → {config, errors, asked}
//   {op: "markdownToRule", content, id}              → rule
//   {op: "batch", questions}                         → the answers to many of the above, in order
//
// `packages` is {"owner/name": {version: text}}. `secrets` is {fqsn: {location, value?}}; a secret that is
// not there stays a template. `asked` lists the FQSNs that were asked for.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// The packages log what they skip. Standard output belongs to the answers.
console.log = console.info = console.warn = console.error;

const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const semver = require("semver");
const yaml = await import(pathToFileURL(require.resolve("@continuedev/config-yaml")));

const newest = (versions) => {
  const sorted = semver.rsort([...versions]);
  return sorted.find((version) => semver.prerelease(version) === null) ?? sorted[0];
};

const registryOf = (packages) => ({
  async getContent(id) {
    const { ownerSlug, packageSlug, versionSlug } = id.fullSlug;
    const releases = packages[`${ownerSlug}/${packageSlug}`] ?? {};
    return releases[versionSlug === "latest" ? newest(Object.keys(releases)) : versionSlug];
  },
});

const platformOf = (secrets, asked) => ({
  async resolveFQSNs(fqsns) {
    return fqsns.map((fqsn) => {
      const name = yaml.encodeFQSN(fqsn);
      asked.push(name);
      if (!(name in secrets)) return undefined;
      const { location, value } = secrets[name];
      const secretLocation = yaml.decodeSecretLocation(location);
      const found = secretLocation.secretType !== "not_found";
      return { found, fqsn, secretLocation, ...(value === undefined ? {} : { value }) };
    });
  },
});

async function unroll(question) {
  const asked = [];
  const result = await yaml.unrollAssistantFromContent(
    yaml.decodePackageIdentifier(question.id),
    question.content,
    registryOf(question.packages ?? {}),
    {
      // Without rendering, the package drops the errors; with no secret known, templates stay as they are.
      renderSecrets: true,
      platformClient: platformOf(question.secrets ?? {}, asked),
      orgScopeId: question.orgScopeId ?? null,
      currentUserSlug: question.user ?? "",
      onPremProxyUrl: question.onPremProxyUrl ?? null,
      alwaysUseProxy: question.alwaysUseProxy ?? false,
      injectBlocks: question.inject?.map(yaml.decodePackageIdentifier),
      allowlistedBlocks: question.allow?.map(yaml.decodePackageSlug),
      blocklistedBlocks: question.block?.map(yaml.decodePackageSlug),
      injectRequestOptions: question.requestOptions,
    },
  );
  return { config: result.config ?? null, errors: result.errors ?? [], asked };
}

const operations = {
  satisfies: ({ version, range }) => semver.satisfies(version, range),
  maxSatisfying: ({ versions, range }) => semver.maxSatisfying(versions, range),
  compare: ({ a, b }) => semver.compare(a, b),
  valid: ({ version }) => semver.valid(version),
  validRange: ({ range }) => semver.validRange(range),
  unroll,
  markdownToRule: ({ content, id }) => yaml.markdownToRule(content, yaml.decodePackageIdentifier(id)),
  batch: ({ questions }) => Promise.all(questions.map(answer)),
};

const answer = (question) => {
  if (!Object.hasOwn(operations, question.op)) throw new Error(`There is no operation ${question.op}.`);
  return operations[question.op](question);
};

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = { result: await answer(JSON.parse(line)) };
  } catch (error) {
    reply = { error: error.message };
  }
  process.stdout.write(JSON.stringify(reply) + "\n");
}
