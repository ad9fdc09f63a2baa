import Glibc
import Testing

@testable import Apus

@Suite("Opening beneath a folder")
struct FileRootTests {
    @Test("with and without the kernel's help nothing outside is opened", arguments: [false, true])
    func both(careful: Bool) throws {
        let folder = try StaticFilesTests.Folder()
        let root = try FileRoot(folder.root, careful: careful)
        for path in ["data.bin", "/data.bin", "sub/index.html", "sub", ""] {
            #expect(root.open(path) != nil, "\(path)")
        }
        for path in [
            "../secret.txt", "out.txt", "absolute.txt", "up/secret.txt", "sub/../../secret.txt", ".hidden", "a\0b",
        ] {
            #expect(root.open(path) == nil, "\(path)")
        }
        // A link that stays inside is followed where the kernel watches, and refused where nobody does.
        #expect((root.open("inside.html") != nil) == !careful)
    }

    @Test("the tag changes with the content")
    func tags() throws {
        let folder = try StaticFilesTests.Folder()
        let root = try FileRoot(folder.root)
        let before = try #require(root.open("page.html")?.tag)
        unsafe truncate(folder.root + "/page.html", 1)
        let after = try #require(root.open("page.html")?.tag)
        #expect(before != after)
    }
}
