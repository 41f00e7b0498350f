#!/usr/bin/env bash
# The one command that checks everything: ./test.sh
# One of the long fault runs:             ./test.sh torture NAME [--seed N] [--count N]
# The benchmarks:                         ./test.sh bench [NAME]
set -euo pipefail
cd "$(dirname "$0")"

# Seconds: twice what a machine of two cores needs that does nothing else.
readonly limit=1800
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
fail() { printf '%s\n0 passed, 1 failed\n' "$1"; exit 1; }

case "${1:-}" in
  torture) shift; exec dotnet run -c Release --project tests/torture -- "$@" ;;
  bench) shift; exec dotnet run -c Release --project tests/benchmarks -- "$@" ;;
  "") ;;
  *) echo "unknown argument '$1': ./test.sh, ./test.sh torture NAME, ./test.sh bench [NAME]" >&2; exit 2 ;;
esac

# The whole run limits itself, children included.
if [ -z "${AGENTS_TEST_LIMITED:-}" ]; then
  AGENTS_TEST_LIMITED=1 exec timeout --kill-after=20 "$limit" bash "$0"
fi

step "what the tests need"
command -v dotnet >/dev/null || fail "The .NET 10 SDK is missing: https://dot.net/download"
if ! ldconfig -p 2>/dev/null | grep -q 'libsqlite3\.so\.0' && [ "$(uname)" = Linux ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq libsqlite3-0
  else
    fail "libsqlite3 is missing; install it with your package manager (Debian: libsqlite3-0)."
  fi
fi
if command -v npm >/dev/null; then
  for package in tests/*/js/package.json; do
    [ -e "$package" ] && npm ci --no-audit --no-fund --silent --prefix "$(dirname "$package")"
  done
else
  echo "not run: npm is missing, so tests with JavaScript clients are skipped"
fi
dotnet restore Agents.sln --locked-mode -v quiet || fail "Restoring packages failed."

step "format"
# Style and analyzers are the build's part; layout alone needs no build and a few seconds.
dotnet format whitespace . --folder --verify-no-changes --exclude artifacts '**/node_modules' -v quiet || fail "The formatting is off; 'dotnet format Agents.sln' mends it."

step "build"
dotnet build Agents.sln --no-restore -graph -v quiet || fail "The build failed."

step "test"
# Hundreds of processes live for seconds: code that is compiled once costs them a third less than code that is compiled twice.
# A thread that spins for work takes the processor from a process that has some.
export DOTNET_TieredCompilation=0 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
modules() { dotnet sln Agents.sln list | sed -n 's|.*/\(.*\.Tests\)\.csproj$|artifacts/bin/\1/debug/\1.dll|p' | grep "$@" | paste -sd ';'; }
run() { dotnet test --max-parallel-test-modules "$1" --test-modules "$2" 2>&1 | tee -a "$results" || status=$?; }
# Two at a time: much of a test is waiting. Only the end-to-end tests, whole products that are killed and upgraded, need both cores.
readonly killing='Conformance|Conversation' whole='EndToEnd'
run 2 "$(modules -vE "$killing|$whole")"
run 2 "$(modules -E "$killing")"
run 1 "$(modules -E "$whole")"
count() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$results" | awk '{ sum += $1; lines++ } END { if (lines == 3) print sum }'; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
[ -n "$passed" ] || fail "The tests gave no summary."
[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "${skipped:-0}"
[ "$status" = 0 ] && [ "$failed" = 0 ]
