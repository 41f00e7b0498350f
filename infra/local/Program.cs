using System.Runtime.InteropServices;
using Agents.Local.Cli;

using var stop = new CancellationTokenSource();
void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);

switch (CommandLine.Parse(args))
{
    case Command.Refused refused:
        await Console.Error.WriteLineAsync($"{refused.Why}\n\n{CommandLine.Usage}");
        return 2;
    case Command.Run run:
        return await Session.RunAsync(
            run.Arguments, Console.Out, new ProgressBar(Console.Error, interactive: !Console.IsErrorRedirected), stop.Token);
    default:
        await Console.Out.WriteLineAsync(CommandLine.Usage);
        return 0;
}
