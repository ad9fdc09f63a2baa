/// What people write, as layers to be laid over a configuration; what can't be read is noted, and left out.
extension ConfigurationNode {
    /// A layer for each flag.
    ///
    /// - Parameters:
    ///   - flags: What a program was told.
    ///   - report: Where mistakes are noted.
    package static func layers(
        _ flags: [ConfigurationFlag], _ report: inout ConfigurationReport
    ) -> [ConfigurationNode] {
        flags.compactMap { flag in
            if let path = ConfigurationPath(flag.path) {
                return ConfigurationNode(flag.value, at: path, .flag(flag.name))
            }
            report.reject(unreadable: flag.path, from: .flag(flag.name))
            return nil
        }
    }

    /// A layer for each member of a JSON5 object, whose names are keys below a prefix.
    ///
    /// - Parameters:
    ///   - text: The object.
    ///   - prefix: The key that all of its keys are below; empty for none.
    ///   - origin: Who has written it.
    ///   - report: Where mistakes are noted.
    package static func layers(
        _ text: String, below prefix: String, from origin: ConfigurationOrigin, _ report: inout ConfigurationReport
    ) -> [ConfigurationNode] {
        let node: ConfigurationNode
        do throws(JSON5Error) {
            node = ConfigurationNode(try JSON5Parser.parse(text)) { _ in origin }
        } catch {
            let place = "line \(error.position.line), column \(error.position.column)"
            report.reject(
                ConfigurationProblem(.syntax, path: "", reason: "\(error.message) (\(place))", origin: origin))
            return []
        }
        // What is no object is a mistake that the schema tells.
        guard case .object(let members) = node.content else { return [node] }
        node.rejectRepetitions(below: prefix, &report)
        return members.compactMap { member in
            let name = ConfigurationPath.join(prefix, member.name)
            if let path = ConfigurationPath(name) { return ConfigurationNode(member.node, at: path) }
            report.reject(unreadable: name, from: origin)
            return nil
        }
    }

    /// The most bytes that a file may have.
    package static var longestFile: Int { JSON5Parser.longest }

    /// The layer of a file.
    ///
    /// - Parameters:
    ///   - bytes: What the file holds: JSON5 in UTF-8.
    ///   - path: The file, for who is told of a mistake.
    /// - Throws: What makes it no JSON5.
    package static func layer(_ bytes: [UInt8], ofFile path: String) throws(ConfigurationProblem) -> ConfigurationNode {
        do throws(JSON5Error) {
            return ConfigurationNode(try JSON5Parser.parse(bytes), file: path)
        } catch {
            throw ConfigurationProblem(
                .syntax, path: "", reason: error.message,
                origin: .file(path, line: error.position.line, column: error.position.column))
        }
    }
}

extension ConfigurationReport {
    /// A name that can't even be a key.
    fileprivate mutating func reject(unreadable path: String, from origin: ConfigurationOrigin) {
        reject(
            ConfigurationProblem(
                .unknownKey, path: path, reason: "this is no key: write one such as limits.body", origin: origin))
    }
}
