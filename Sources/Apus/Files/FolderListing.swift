import ApusHTTP
import ApusNet
import CSystem

/// The page that shows what is in a folder: folders first, then files, by name.
struct FolderListing {
    struct Entry {
        /// As the file system has it, which need not be text.
        var name: [UInt8]
        /// In bytes.
        var size: Int64
        var isFolder: Bool
    }

    /// The most entries that one page shows: looking at them holds the loop.
    static let most = 2000

    private(set) var entries: [Entry] = []
    private(set) var isCut = false

    /// What may be shown of the folder at `path`, which is open. Blocks for as long as the file system takes.
    init(of path: FilePath, _ folder: OpenFile, in root: FileRoot, _ options: FileOptions) {
        guard let names = unsafe apus_open_names(folder.descriptor) else { return }
        defer { unsafe apus_close_names(names) }
        while let text = unsafe apus_next_name(names) {
            let name = unsafe Self.bytes(text)
            guard FilePath.isShown(name[...], options.showsHidden) else { continue }
            guard entries.count < Self.most else {
                isCut = true
                break
            }
            var state = apus_file()
            guard unsafe apus_stat_name_errno(folder.descriptor, text, &state) == 0 else { continue }
            if state.is_link {
                // Where it leads only the root may say.
                guard let target = try? root.open(path.appending(name)) else { continue }
                entries.append(Entry(name: name, size: target.state.size, isFolder: target.isFolder))
            } else if state.is_regular || state.is_folder {
                entries.append(Entry(name: name, size: state.size, isFolder: state.is_folder))
            }
        }
        entries.sort { first, second in
            if first.isFolder != second.isFolder { return first.isFolder }
            return first.name.lexicographicallyPrecedes(second.name)
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        var bytes: [UInt8] = []
        var next = unsafe text
        while unsafe next.pointee != 0 {
            unsafe bytes.append(UInt8(bitPattern: next.pointee))
            unsafe next += 1
        }
        return bytes
    }

    /// The page, in UTF-8; dark where the reader's system is.
    func html(title: String, hasParent: Bool) -> String {
        let title = HTML.escaped(title)
        var rows = hasParent ? "<tr><td><a href=\"../\">../</a><td>\n" : ""
        for entry in entries {
            let end = entry.isFolder ? "/" : ""
            rows += "<tr><td><a href=\"./\(Self.encoded(entry.name))\(end)\">"
            rows += HTML.escaped(String(decoding: entry.name, as: UTF8.self)) + end
            rows += "</a><td>\(entry.isFolder ? "" : Self.size(entry.size))\n"
        }
        if isCut { rows += "<tr><td>and more than these \(Self.most)<td>\n" }
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark"><title>\(title)</title>
            <style>body{font:1.0625rem/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1.5rem;
            background:#fdfcf9;color:#17242f}a{color:#a3401a;text-underline-offset:.18em}
            h1{font-size:1.5rem;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
            table{width:100%;border-collapse:collapse}td{padding:.4rem 0;overflow-wrap:anywhere;vertical-align:top;
            border-top:1px solid color-mix(in srgb,currentColor 15%,transparent)}
            td+td{padding-left:1rem;text-align:right;white-space:nowrap;opacity:.75;font-variant-numeric:tabular-nums}
            @media(prefers-color-scheme:dark){body{background:#10171d;color:#e9eef1}a{color:#f2a272}}</style>
            <h1>\(title)</h1><table>
            \(rows)</table></html>

            """
    }

    /// The name as a segment of a path, each of its bytes meaning itself.
    static func encoded(_ name: [UInt8]) -> String {
        PercentEncoding.encode(name)
    }

    static func size(_ bytes: Int64) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        var tenths = bytes * 10 / 1024
        for unit in ["KiB", "MiB", "GiB"] {
            if tenths < 10_240 { return "\(tenths / 10).\(tenths % 10) \(unit)" }
            tenths /= 1024
        }
        return "\(tenths / 10).\(tenths % 10) TiB"
    }
}
