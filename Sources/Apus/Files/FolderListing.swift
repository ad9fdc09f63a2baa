import ApusNet
import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The page that shows what is in a folder.
enum FolderListing {
    private struct Entry {
        var name: String
        var size: Int64
        var isFolder: Bool
    }

    /// Most entries that one page shows.
    static let most = 10_000

    static func html(of folder: OpenFile, path: String, isRoot: Bool) -> String {
        let title = HTML.escaped(path)
        var rows = isRoot ? "" : "<tr><td><a href=\"../\">../</a><td>\n"
        for entry in entries(folder).sorted(by: { ($0.isFolder ? 0 : 1, $0.name) < ($1.isFolder ? 0 : 1, $1.name) }) {
            let name = entry.name + (entry.isFolder ? "/" : "")
            rows +=
                "<tr><td><a href=\"./\(encoded(name))\">\(HTML.escaped(name))</a>"
                + "<td>\(entry.isFolder ? "" : size(entry.size))\n"
        }
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark"><title>\(title)</title>
            <style>body{font:1rem/1.6 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1.5rem}
            h1{font-size:1.3rem;font-weight:600}table{width:100%;border-collapse:collapse}
            td{padding:.2rem 0;border-top:1px solid color-mix(in srgb,currentColor 15%,transparent)}
            td+td{text-align:right;opacity:.7;font-variant-numeric:tabular-nums}</style>
            <h1>\(title)</h1><table>
            \(rows)</table></html>

            """
    }

    private static func entries(_ folder: OpenFile) -> [Entry] {
        // The stream owns its descriptor: it gets one of its own, at the folder's begin.
        let copy = unsafe apus_open_beneath_errno(folder.descriptor, ".", true)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else { return [] }
        defer { _ = unsafe closedir(stream) }
        var entries: [Entry] = []
        while entries.count < most, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard FileRoot.isShown(name) else { continue }
            let opened = unsafe apus_open_beneath_errno(folder.descriptor, name, true)
            guard opened >= 0 else { continue }
            defer { closeDescriptor(opened) }
            var state = apus_file()
            guard unsafe apus_stat_errno(opened, &state) == 0, state.is_regular || state.is_folder else { continue }
            entries.append(Entry(name: name, size: state.size, isFolder: state.is_folder))
        }
        return entries
    }

    /// Percent-encodes all but what is unreserved in a path (RFC 3986, 2.3), and slashes.
    static func encoded(_ name: String) -> String {
        var encoded = ""
        for byte in name.utf8 {
            switch byte {
            case 45...57, 65...90, 95, 97...122, 126: encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private static func size(_ bytes: Int64) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        var tenths = bytes * 10 / 1024
        for unit in ["KiB", "MiB", "GiB"] {
            if tenths < 10_240 || unit == "GiB" { return "\(tenths / 10).\(tenths % 10) \(unit)" }
            tenths /= 1024
        }
        return "\(bytes) B"
    }
}
