import Testing

@testable import ApusHTTP

@Suite("Content-Disposition")
struct ContentDispositionTests {
    @Test("names are read as browsers and other clients write them")
    func names() throws {
        let table: [(String, String?, String?)] = [
            (#"form-data; name="a""#, "a", nil), ("form-data; name=a", "a", nil), (#"form-data; name="""#, "", nil),
            (#"FORM-DATA ; Name = "a" ; ; filename="b c;d.txt""#, "a", "b c;d.txt"),
            (#"form-data; name="a%22b""#, #"a"b"#, nil), (#"form-data; name="a\"b""#, #"a"b"#, nil),
            (#"form-data; name="a%0D%0Ab""#, "a%0D%0Ab", nil), (#"form-data; name="a\\b""#, #"a\b"#, nil),
            (#"form-data; name="f"; filename="C:\dir\file.txt""#, "f", #"C:\dir\file.txt"#),
            (#"form-data; name="f"; filename="ends in\""#, "f", #"ends in\"#),
            (#"form-data; name="f"; filename="é.png""#, "f", "é.png"),
            ("form-data; name=f; filename*=UTF-8''na%C3%AFve.txt", "f", "naïve.txt"),
            ("form-data; name=f; filename=a; filename*=UTF-8''b", "f", "a"),
            ("form-data; name=f; filename*=UTF-8''a%0Ab", "f", nil),
            ("form-data; name=f; filename*=UTF-8''%FF", "f", nil),
            ("form-data; name=f; filename*=latin1''a", "f", nil), ("attachment", nil, nil),
        ]
        for (text, name, filename) in table {
            let disposition = try #require(ContentDisposition(text), "\(text)")
            #expect(disposition.name == name, "\(text)")
            #expect(disposition.filename == filename, "\(text)")
        }
    }

    @Test("what readers would not agree upon is refused")
    func refused() {
        for text in [
            "", ";", "form-data name=a", "form-data; name", "form-data; name=", "form-data; =a", "form-data; name=a b",
            #"form-data; name="a"#, #"form-data; name="a"b"#, "form-data; name=a; name=b", "form-data; name=a; NAME=b",
            "form-data; name=\"a\r\nX: y\"", "form-data; name=\"a\u{0}\"", "form-data; name=a\"b",
        ] {
            #expect(ContentDisposition(text) == nil, "\(text)")
        }
    }

    @Test("a file's name loses its path, its control characters and its dots")
    func safeNames() {
        let table: [(String, String?)] = [
            ("a.txt", "a.txt"), ("../../etc/passwd", "passwd"), (#"C:\fakepath\me.jpg"#, "me.jpg"), ("..", nil),
            ("", nil), (".", nil), ("/", nil), (".htaccess", "htaccess"), ("a/", "a"), (" a. ", "a"), ("...a", "a"),
            ("con:aux", "conaux"), ("évil\u{202E}gpj.exe", "évilgpj.exe"), ("a\u{85}b", "ab"),
        ]
        for (filename, safe) in table {
            let made = ContentDisposition.attachment(filename: filename)
            #expect(made.safeFilename == safe, "\(filename)")
        }
        let long = ContentDisposition.attachment(filename: String(repeating: "é", count: 300)).safeFilename
        #expect(long?.utf8.count == 200)
    }

    @Test("a name for saving is written in ASCII, and whole in UTF-8 where that loses something (RFC 6266)")
    func written() {
        let table = [
            ("a b.txt", #"attachment; filename="a b.txt""#),
            ("naïve.txt", #"attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt"#),
            (#"a"b.txt"#, #"attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt"#),
            ("50%.txt", #"attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt"#),
            ("../x", #"attachment; filename="x""#), ("..", #"attachment; filename="file""#),
        ]
        for (filename, text) in table {
            #expect("\(ContentDisposition.attachment(filename: filename))" == text)
            #expect(HTTPField.isValidValue(text))
        }
    }
}
