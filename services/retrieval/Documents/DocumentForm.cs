using System.Text;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Retrieval.Extraction;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Agents.Retrieval.Documents;

/// <summary>Adds a document to a collection. The same title again replaces the content of the document that has it.</summary>
/// <param name="Title">1 to 512 characters.</param>
/// <param name="Text">At most 4 MB of UTF-8.</param>
/// <param name="ContentType"><c>text/plain</c> (default), <c>text/markdown</c> or <c>text/html</c>.</param>
/// <param name="Metadata">At most 16 entries; keys of 64, values of 512 characters.</param>
/// <param name="AllowedPrincipals">At most 64 of 256 characters: only who is one of them finds the document. Everyone when empty.</param>
public record AddDocument(
    string? Title, string? Text, string? ContentType, Dictionary<string, string>? Metadata, List<string>? AllowedPrincipals);

/// <summary>One document, or several at once.</summary>
/// <param name="Documents">1 to 100; then the other fields are not read. None is accepted when one is refused.</param>
public sealed record AddDocuments(
    string? Title, string? Text, string? ContentType, Dictionary<string, string>? Metadata, List<string>? AllowedPrincipals, List<AddDocument>? Documents)
    : AddDocument(Title, Text, ContentType, Metadata, AllowedPrincipals);

/// <summary>The two forms in which documents arrive, as checked documents or a refusal.</summary>
internal sealed record DocumentForm(IReadOnlyList<NewDocument> Documents, Problem? Refusal)
{
    /// <summary>Largest body: 4 MB of text grow when JSON escapes them, and several files may come at once.</summary>
    public const long MaxBody = 16 * 1024 * 1024;

    private const int MaxTitle = 512;
    private const int MaxText = 4 * 1024 * 1024;
    private const int MaxFiles = 16;
    private const int MaxDocuments = 100;
    private const int MaxPrincipals = 64;
    private const int MaxPrincipalLength = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly FormOptions Limits = new()
    {
        MultipartBodyLengthLimit = MaxBody,
        // No files on disk: the body's own limit is the limit in memory.
        MemoryBufferThreshold = (int)MaxBody,
        ValueCountLimit = 64,
        KeyLengthLimit = 256,
        ValueLengthLimit = 64 * 1024,
    };

    public static async Task<DocumentForm> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.HasJsonContentType())
            return await request.ReadFromJsonAsync<AddDocuments>(Json.Options, cancellationToken) is { } posted
                ? ReadJson(posted)
                : Refused(Problem.Invalid("$", "The body must be an object."));
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType == "multipart/form-data")
            return await ReadFilesAsync(request, cancellationToken);
        return Refused(new Problem(415, "unsupported_content_type", "Send a document as application/json, or files as multipart/form-data."));
    }

    private static DocumentForm ReadJson(AddDocuments posted)
    {
        if (posted.Documents is not { } documents)
            return Of([Check(posted)]);
        if (documents.Count is 0 or > MaxDocuments)
            return Refused(Problem.Invalid("documents", $"A request holds 1 to {MaxDocuments} documents; this one holds {documents.Count}."));
        return Of(documents.Select((document, i) => Check(document) is { Refusal: { } refusal }
            ? (null, refusal with { Field = $"documents[{i}].{refusal.Field}" })
            : Check(document)).ToList());
    }

    private static async Task<DocumentForm> ReadFilesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        IFormCollection form;
        try
        {
            form = await new FormFeature(request, Limits).ReadFormAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            return Refused(Problem.Invalid("$", "The form is malformed, incomplete, or has more or longer fields than are accepted."));
        }
        if (form.Files.Count is 0 or > MaxFiles)
            return Refused(Problem.Invalid("files", $"A form holds 1 to {MaxFiles} files; this one holds {form.Files.Count}."));
        var metadata = Field<Dictionary<string, string>>(form, "metadata", "an object of strings");
        var principals = Field<List<string>>(form, "allowed_principals", "an array of strings");
        if ((metadata.Refusal ?? principals.Refusal) is { } refusal)
            return Refused(refusal);
        var documents = new List<(NewDocument?, Problem?)>();
        foreach (var file in form.Files)
        {
            var (text, unreadable) = await ReadTextAsync(file, cancellationToken);
            documents.Add(unreadable is not null
                ? (null, unreadable)
                : Check(new AddDocument(file.FileName, text, ContentTypeOf(file), metadata.Value, principals.Value)));
        }
        return Of(documents);
    }

    private static (NewDocument? Document, Problem? Refusal) Check(AddDocument posted)
    {
        var contentType = posted.ContentType is null
            ? TextExtractor.Plain
            : MediaTypeHeaderValue.TryParse(posted.ContentType, out var type) ? type.MediaType.ToString().ToLowerInvariant() : "";
        var refusal = Checks.Text("title", posted.Title, MaxTitle)
            ?? Checks.Text("text", posted.Text, MaxText)
            ?? (Encoding.UTF8.GetByteCount(posted.Text!) > MaxText ? Problem.Invalid("text", $"text is larger than {MaxText} bytes of UTF-8.") : null)
            ?? (TextExtractor.ContentTypes.Contains(contentType)
                ? null
                : Problem.Invalid("content_type", $"content_type must be one of {string.Join(", ", TextExtractor.ContentTypes)}."))
            ?? Checks.Metadata("metadata", posted.Metadata)
            ?? Checks.Items("allowed_principals", posted.AllowedPrincipals, MaxPrincipals, MaxPrincipalLength);
        return refusal is not null
            ? (null, refusal)
            : (new NewDocument(posted.Title!, posted.Text!, contentType, posted.Metadata ?? [], posted.AllowedPrincipals?.Distinct().ToList() ?? []), null);
    }

    private static async Task<(string? Text, Problem? Refusal)> ReadTextAsync(IFormFile file, CancellationToken cancellationToken)
    {
        if (file.Length > MaxText)
            return (null, Problem.Invalid(file.Name, $"A file has at most {MaxText} bytes."));
        using var bytes = new MemoryStream((int)file.Length);
        await file.CopyToAsync(bytes, cancellationToken);
        try
        {
            bytes.Position = 0;
            using var reader = new StreamReader(bytes, StrictUtf8, detectEncodingFromByteOrderMarks: true);
            return (await reader.ReadToEndAsync(cancellationToken), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, Problem.Invalid(file.Name, "The file is not text in UTF-8."));
        }
    }

    // Clients often send files as nothing in particular; then the name says what they are.
    private static string ContentTypeOf(IFormFile file) =>
        MediaTypeHeaderValue.TryParse(file.ContentType, out var type) && TextExtractor.ContentTypes.Contains(type.MediaType.ToString().ToLowerInvariant())
            && !type.MediaType.Equals(TextExtractor.Plain, StringComparison.OrdinalIgnoreCase)
                ? type.MediaType.ToString()
                : Path.GetExtension(file.FileName).ToLowerInvariant() switch
                {
                    ".md" or ".markdown" => TextExtractor.Markdown,
                    ".html" or ".htm" => TextExtractor.Html,
                    ".txt" or ".text" or "" => TextExtractor.Plain,
                    _ => file.ContentType is "application/octet-stream" or null or "" ? TextExtractor.Plain : file.ContentType,
                };

    private static (T? Value, Problem? Refusal) Field<T>(IFormCollection form, string name, string shape)
        where T : class
    {
        if (form[name].ToString() is not { Length: > 0 } json)
            return (null, null);
        try
        {
            return (JsonSerializer.Deserialize<T>(json, Json.Options), null);
        }
        catch (JsonException)
        {
            return (null, Problem.Invalid(name, $"The field {name} must be {shape}, as JSON."));
        }
    }

    private static DocumentForm Of(IReadOnlyList<(NewDocument? Document, Problem? Refusal)> checkedDocuments) =>
        checkedDocuments.Select(document => document.Refusal).FirstOrDefault(refusal => refusal is not null) is { } refusal
            ? Refused(refusal)
            : new DocumentForm([.. checkedDocuments.Select(document => document.Document!)], null);

    private static DocumentForm Refused(Problem refusal) => new([], refusal);
}
