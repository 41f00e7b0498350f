// One JSON line per case: its name, how it ended, and why it failed.
export default async function* report(events) {
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting > 0) continue;
    const outcome = type === 'test:fail' ? 'failed' : data.skip !== undefined ? 'skipped' : 'passed';
    const error = data.details?.error;
    const why = outcome === 'failed' ? String(error?.cause?.stack ?? error?.cause ?? error) : data.skip || undefined;
    yield JSON.stringify({ name: data.name, outcome, why, ms: Math.round(data.details?.duration_ms ?? 0) }) + '\n';
  }
}
