import Glibc

@testable import Apus

/// A folder for configuration files, removed with the test.
final class ConfigurationFolder {
    let path: String

    init() {
        var template = Array("/tmp/apus-config-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    deinit { _ = unsafe system("rm -rf '\(path)'") }

    /// Writes a file, and gives its path.
    @discardableResult func write(_ text: String, to name: String = "apus.json5") -> String {
        let file = unsafe Glibc.open(path + "/" + name, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
        var text = text
        text.withUTF8 { bytes in _ = unsafe Glibc.write(file, bytes.baseAddress, bytes.count) }
        close(file)
        return path + "/" + name
    }

    /// What is in a file, up to 64 KiB; nil when there is none.
    func read(_ path: String) -> String? {
        let file = unsafe Glibc.open(path, O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe Glibc.read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// The configuration of a file with that text, and of what else is given.
    func load(
        _ text: String? = nil, preset: ConfigurationPreset? = nil, environment: [String: String] = [:],
        flags: [ConfigurationFlag] = []
    ) throws(ConfigurationError) -> Configuration {
        let file = text.map { write($0) }
        return try Configuration.load(file: file, preset: preset, environment: environment, flags: flags)
    }

    /// The mistakes, the folder's name cut off.
    func mistakes(
        _ text: String? = nil, preset: ConfigurationPreset? = nil, environment: [String: String] = [:],
        flags: [ConfigurationFlag] = []
    ) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(text, preset: preset, environment: environment, flags: flags)
            return []
        } catch {
            return error.problems.map { problem in
                let text = problem.description
                return text.hasPrefix(path) ? String(text.dropFirst(path.count + 1)) : text
            }
        }
    }
}
