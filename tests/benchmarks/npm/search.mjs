// Lexical engines over the documents and queries of a JSON file on the command line, and an HNSW graph over its vectors.
// Prints one JSON object; nothing is tuned beyond what each engine's documentation begins with.
import fs from "node:fs";
import { performance } from "node:perf_hooks";

const input = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const results = [];

function percentiles(times) {
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)], p99: times[Math.floor(times.length * 0.99)] };
}

async function measure(name, queries, search) {
  const found = [];
  for (const query of queries) found.push(await search(query));
  const times = [];
  const begun = performance.now();
  do {
    for (const query of queries) {
      const started = performance.now();
      await search(query);
      times.push(performance.now() - started);
    }
  } while (performance.now() - begun < 2000);
  results.push({ name, perSecond: times.length / ((performance.now() - begun) / 1000), ...percentiles(times), found });
}

async function attempt(name, work) {
  try {
    await work();
  } catch (error) {
    results.push({ name, error: String(error?.message ?? error).split("\n")[0] });
  }
}

if (input.documents) {
  await attempt("minisearch", async () => {
    const { default: MiniSearch } = await import("minisearch");
    const index = new MiniSearch({ fields: ["title", "text"] });
    index.addAll(input.documents);
    await measure("minisearch", input.queries, (query) => index.search(query).slice(0, 10).map((hit) => hit.id));
  });
  await attempt("orama", async () => {
    const { create, insertMultiple, search } = await import("@orama/orama");
    const index = create({ schema: { id: "string", title: "string", text: "string" } });
    await insertMultiple(index, input.documents);
    await measure("orama", input.queries, async (query) => (await search(index, { term: query, limit: 10 })).hits.map((hit) => hit.document.id));
  });
  await attempt("flexsearch", async () => {
    const { default: FlexSearch } = await import("flexsearch");
    const index = new FlexSearch.Index({ tokenize: "strict", encoder: FlexSearch.Charset?.LatinBalance });
    for (const document of input.documents) index.add(document.id, `${document.title} ${document.text}`);
    await measure("flexsearch", input.queries, (query) => index.search(query, { limit: 10, suggest: true }));
  });
}

if (input.vectors) {
  await attempt("hnswlib-node", async () => {
    const { default: hnswlib } = await import("hnswlib-node");
    const read = (file) => {
      const bytes = fs.readFileSync(file);
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    };
    const [all, asked] = [read(input.vectors), read(input.vectorQueries)];
    const dimensions = input.dimensions;
    const rows = (matrix) => Array.from({ length: matrix.length / dimensions }, (_, i) => Array.from(matrix.subarray(i * dimensions, (i + 1) * dimensions)));
    const index = new hnswlib.HierarchicalNSW("ip", dimensions);
    index.initIndex({ maxElements: all.length / dimensions, m: 16, efConstruction: 200, randomSeed: 1 });
    const built = performance.now();
    rows(all).forEach((row, i) => index.addPoint(row, i));
    const buildSeconds = (performance.now() - built) / 1000;
    const queries = rows(asked);
    for (const ef of [16, 32, 48, 64, 96, 128, 192, 256, 384]) {
      index.setEf(ef);
      await measure(`hnswlib-node ef=${ef}`, queries, (query) => index.searchKnn(query, 10).neighbors);
      results.at(-1).buildSeconds = buildSeconds;
    }
  });
}

console.log(JSON.stringify(results));
