namespace Agents.Torture.Worker;

/// <summary>Where effects take place: putting one twice is the same as putting it once.</summary>
internal sealed class EffectClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };

    /// <returns>How often this effect was put, this time included.</returns>
    public async Task<int> PutAsync(string key)
    {
        using var response = await _http.PutAsync($"effects/{Uri.EscapeDataString(key)}", null);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<int>();
    }

    public void Dispose() => _http.Dispose();
}
