using System.Text;

namespace Agents.Local.Demo;

/// <summary>A document as it lies on disk.</summary>
/// <param name="Title">Its path below the folder that was given.</param>
/// <param name="Text">The whole file.</param>
/// <param name="ContentType">What the ending says.</param>
internal sealed record Document(string Title, string Text, string ContentType);

/// <summary>Documents that were read, and one line for everything that was left out.</summary>
internal sealed record DocumentSet(IReadOnlyList<Document> Documents, IReadOnlyList<string> Skipped);

/// <summary>Collects the documents of a folder: bounded in number and size, the same ones in the same order every time.</summary>
internal static class DocumentFolder
{
    public const int MaxFiles = 2_000;
    public const int MaxBytes = 10 * 1024 * 1024;

    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".md"] = "text/markdown",
        [".txt"] = "text/plain",
        [".html"] = "text/html",
        [".htm"] = "text/html",
    };

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="path">A folder, read with everything below it, or one file.</param>
    /// <param name="markdownOnly">Whether text and HTML files are left aside.</param>
    /// <exception cref="LocalHostException">There is nothing to read.</exception>
    public static DocumentSet Read(string path, bool markdownOnly)
    {
        var folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        var files = File.Exists(path) ? [new FileInfo(path)] : Files(new DirectoryInfo(path));
        var documents = new List<Document>();
        var skipped = new List<string>();
        foreach (var file in files)
        {
            if (!ContentTypes.TryGetValue(file.Extension, out var type) || (markdownOnly && type != "text/markdown"))
                continue;
            var title = Path.GetRelativePath(folder, file.FullName).Replace('\\', '/');
            if (documents.Count == MaxFiles)
            {
                skipped.Add($"{title} and all after it: a demo takes {MaxFiles:N0} files");
                break;
            }

            if (file.Length > MaxBytes)
                skipped.Add($"{title}: larger than {MaxBytes / 1024 / 1024} MB");
            else if (ReadText(file) is not { } text)
                skipped.Add($"{title}: not UTF-8 text");
            else if (string.IsNullOrWhiteSpace(text))
                skipped.Add($"{title}: empty");
            else
                documents.Add(new Document(title, text, type));
        }

        return documents.Count > 0
            ? new DocumentSet(documents, skipped)
            : throw new LocalHostException($"{path} holds no {(markdownOnly ? ".md" : ".md, .txt or .html")} document with text in it.");
    }

    /// <summary>Links are not followed, so that no folder is walked twice.</summary>
    private static IEnumerable<FileInfo> Files(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry.LinkTarget is not null || entry.Name.StartsWith('.') || entry.Name is "node_modules" or "artifacts")
                continue;
            if (entry is FileInfo file)
            {
                yield return file;
            }
            else
            {
                foreach (var inner in Files((DirectoryInfo)entry))
                    yield return inner;
            }
        }
    }

    private static string? ReadText(FileInfo file)
    {
        try
        {
            var text = File.ReadAllText(file.FullName, Utf8);
            return text.Contains('\0', StringComparison.Ordinal) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
