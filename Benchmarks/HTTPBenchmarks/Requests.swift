/// The messages that are measured.
enum Requests {
    static let minimal = Array("GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n".utf8)

    /// 711 bytes, ten fields.
    static let browser = browser(
        path: "/library/articles/2026/11/21/the-loop-is-the-executor",
        agent: "a reader of long articles, and of short ones in between", filler: 26)

    /// The same in 64 lengths, so that no branch predictor knows them by heart.
    static let manyBrowsers = (0..<64).map { index in
        browser(path: "/\(index * 7919)", agent: String(repeating: "a", count: index % 23), filler: index * 5 % 31)
    }

    static let chunks: [UInt8] = Array(
        (String(repeating: "40\r\n\(String(repeating: "x", count: 64))\r\n", count: 16) + "0\r\n\r\n").utf8)

    private static func browser(path: String, agent: String, filler: Int) -> [UInt8] {
        let text = """
            GET \(path)?ref=front&page=2 HTTP/1.1\r
            Host: www.example.com\r
            User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 (\(agent))\r
            Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
            Accept-Language: en-GB,en;q=0.7,de;q=0.3\r
            Accept-Encoding: gzip, deflate, br, zstd\r
            Referer: https://www.example.com/library/\(String(repeating: "b", count: filler))\r
            Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=necessary; seen=2026-11-20\r
            Connection: keep-alive\r
            Upgrade-Insecure-Requests: 1\r
            If-None-Match: "33a64df551425fcc55e4d42a148795d9f25f89d4"\r
            \r\n
            """
        return Array(text.utf8)
    }
}
