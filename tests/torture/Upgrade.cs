using System.Text;
using Agents.Local.Processes;

namespace Agents.Torture;

/// <summary>
/// Every process is replaced by one of the next version and, the next time, by one of the version before, as an upgrade and its rollback
/// do, while clients and jobs go on. For a while both versions answer, and each reads what the other wrote: nobody may notice.
/// </summary>
internal sealed class Upgrade : FaultRun
{
    private const string Changed = "Agents.Defaults.dll";
    private static readonly byte[] Mark = Encoding.UTF8.GetBytes("\"form_version\":2");

    private readonly string _next = Directory.CreateTempSubdirectory("agents-next-").FullName;
    private Dictionary<string, string> _present = [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_next, recursive: true);
    }

    protected override bool IsGood(ClientLedger ledger) => ledger is { Refused: 0, Broken: 0, CutStreams: 0 };

    protected override async Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        if (number == 1)
        {
            _present = Host.Services.ToDictionary(service => service.Name, service => service.FileName);
            foreach (var program in _present.Values.Distinct())
                BuildNext(program);
        }

        var forward = number % 2 == 1;
        await Task.WhenAll(Host.Services.GroupBy(service => service.AppId).Select(app => RollAsync(app, forward, cancellationToken)));
        var marks = Marks();
        return marks > 0
            ? $"every process is of the {(forward ? "next" : "former")} version, {marks} marks of the next one's form in the databases"
            : throw new InvalidOperationException("Nothing was written in the next version's form.");
    }

    private async Task RollAsync(IEnumerable<Child> replicas, bool forward, CancellationToken cancellationToken)
    {
        foreach (var replica in replicas)
            await replica.ReplaceAsync(cancellationToken, forward ? Next(_present[replica.Name]) : _present[replica.Name]);
    }

    private string Next(string program) => Path.Combine(_next, Path.GetFileName(program), Path.GetFileName(program));

    /// <summary>A copy of a service, with the part that differs.</summary>
    private void BuildNext(string program)
    {
        var source = new DirectoryInfo(Path.GetDirectoryName(program)!);
        var target = Path.GetDirectoryName(Next(program))!;
        foreach (var file in source.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source.FullName, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            file.CopyTo(copy);
        }

        // All programs of the repository are built next to each other.
        var changed = Path.Combine(source.Parent!.Parent!.FullName, "Agents.Torture.Next", source.Name, Changed);
        File.Copy(changed, Path.Combine(target, Changed), overwrite: true);
    }

    /// <summary>How often the databases show the next version's form.</summary>
    private int Marks() => Directory.EnumerateFiles(Host.DataPath, "*.db*").Sum(file =>
    {
        using var copy = new MemoryStream();
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            stream.CopyTo(copy);
        return copy.GetBuffer().AsSpan(0, (int)copy.Length).Count(Mark);
    });
}
