public import ApusHTTP

#if canImport(Testing)
    internal import Testing
#endif

/// What a response should be, told with the whole exchange when it is not.
///
/// `expect` goes on after a failure and `require` throws, as `#expect` and `#require` do. Where Swift Testing is at hand
/// (it comes with the toolchain) and a test of it runs, a failed `expect` is recorded as an issue at the line of the call;
/// elsewhere, as in a test of XCTest, it stops the program with the message, and `require` is the one to use.
extension TestResponse {
    /// Checks the status. The place of the call is where a failure is shown, here as in the others.
    ///
    /// - Returns: The response, for the next check.
    @discardableResult public func expect(
        _ status: Status, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column
    ) -> TestResponse {
        checked(statusFailure(status, TestPlace(fileID: fileID, filePath: filePath, line: line, column: column)))
    }

    /// Checks a field: its value, or with nil that there is none.
    ///
    /// - Returns: The response, for the next check.
    @discardableResult public func expect(
        _ name: HTTPField.Name, _ value: String?, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column
    ) -> TestResponse {
        checked(fieldFailure(name, value, TestPlace(fileID: fileID, filePath: filePath, line: line, column: column)))
    }

    /// Checks the content, as text.
    ///
    /// - Returns: The response, for the next check.
    @discardableResult public func expect(
        text: String, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column
    ) -> TestResponse {
        checked(textFailure(text, TestPlace(fileID: fileID, filePath: filePath, line: line, column: column)))
    }

    /// Checks the content, as JSON.
    ///
    /// - Returns: The response, for the next check.
    @discardableResult public func expect<Value: Decodable & Equatable>(
        json value: Value, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column
    ) -> TestResponse {
        checked(jsonFailure(value, TestPlace(fileID: fileID, filePath: filePath, line: line, column: column)))
    }

    /// Checks the status, and throws when it is another.
    ///
    /// - Returns: The response, for the next check.
    /// - Throws: ``TestFailure``.
    @discardableResult public func require(
        _ status: Status, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column
    ) throws(TestFailure) -> TestResponse {
        let place = TestPlace(fileID: fileID, filePath: filePath, line: line, column: column)
        if let failure = statusFailure(status, place) { throw failure }
        return self
    }

    /// The value of a field; throws when there is none.
    ///
    /// - Returns: The value.
    /// - Throws: ``TestFailure``.
    public func require(
        _ name: HTTPField.Name, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column
    ) throws(TestFailure) -> String {
        guard let value = fields[name] else {
            throw failure(
                "there is no \(name)", at: TestPlace(fileID: fileID, filePath: filePath, line: line, column: column))
        }
        return value
    }

    // MARK: What is wrong

    private func statusFailure(_ wanted: Status, _ place: TestPlace) -> TestFailure? {
        status == wanted ? nil : failure("\(status), not \(wanted)", at: place)
    }

    private func fieldFailure(_ name: HTTPField.Name, _ wanted: String?, _ place: TestPlace) -> TestFailure? {
        let found = fields[name]
        guard found != wanted else { return nil }
        let what = found.map { "\(name) is \"\($0)\"" } ?? "there is no \(name)"
        return failure(wanted.map { "\(what), not \"\($0)\"" } ?? "\(what), and should not be there", at: place)
    }

    private func textFailure(_ wanted: String, _ place: TestPlace) -> TestFailure? {
        guard text != wanted else { return nil }
        let same = zip(text, wanted).prefix { $0 == $1 }.count
        return failure("the content is not \"\(wanted)\": they differ from character \(same) on", at: place)
    }

    private func jsonFailure<Value: Decodable & Equatable>(_ wanted: Value, _ place: TestPlace) -> TestFailure? {
        do throws(TestFailure) {
            let found = try json(as: Value.self, at: place)
            return found == wanted ? nil : failure("the content is\n  \(found)\nnot\n  \(wanted)", at: place)
        } catch {
            return error
        }
    }

    private func checked(_ failure: TestFailure?) -> TestResponse {
        if let failure { failure.record() }
        return self
    }
}

extension TestFailure {
    /// Makes the running test fail at the place.
    func record() {
        #if canImport(Testing)
            if Test.current != nil, let place {
                Issue.record(
                    Comment(rawValue: message),
                    sourceLocation: SourceLocation(
                        fileID: place.fileID, filePath: place.filePath, line: place.line, column: place.column))
                return
            }
        #endif
        fatalError(description)
    }
}
