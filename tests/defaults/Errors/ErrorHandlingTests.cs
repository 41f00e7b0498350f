using System.Text.Json;
using Agents.Defaults.Errors;
using Dapr;
using Xunit;

namespace Agents.Defaults.Tests.Errors;

public sealed class ErrorHandlingTests
{
    public static TheoryData<Exception, int, string, bool> Cases => new()
    {
        { new ProblemException(Problem.NotFound("session")), 404, "session_not_found", false },
        { new BadHttpRequestException("x", new JsonException("secret inner words", "$.input", 1, 2)), 400, "invalid_request", false },
        { new BadHttpRequestException("Request body too large.", 413), 413, "body_too_large", false },
        { new BadHttpRequestException("Expected a supported JSON media type but got \"text/plain\".", 415), 415, "unsupported_content_type", false },
        { new BadHttpRequestException("Failed to bind parameter \"Nullable<int> Limit\" from \"abc\"."), 400, "invalid_request", false },
        { new BadHttpRequestException("Required parameter \"CreateKey request\" was not provided from body."), 400, "invalid_request", false },
        { new DaprException("State operation failed: connection to secret-host refused"), 503, "dependency_unavailable", true },
        { new HttpRequestException("secret-host refused"), 503, "dependency_unavailable", true },
        { new TimeoutException("secret-host"), 504, "dependency_timeout", true },
        { new InvalidOperationException("Unable to read the request as JSON because the request content type charset 'secret' is not a known encoding.", new ArgumentException("x")), 415, "unsupported_content_type", false },
        { new InvalidOperationException("secret inner words"), 500, "internal_error", false },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Each_cause_has_its_status_and_code_and_no_inner_words_leave(Exception exception, int status, string code, bool retryable)
    {
        var problem = ErrorHandling.From(exception);
        Assert.Equal((status, code, retryable), (problem.Status, problem.Code, problem.RetryAfter is not null));
        Assert.DoesNotContain("secret", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Nullable", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistyped_parameter_is_named_as_the_caller_wrote_it() =>
        Assert.Equal("limit", ErrorHandling.From(new BadHttpRequestException("Failed to bind parameter \"Nullable<int> Limit\" from \"abc\".")).Field);
}
