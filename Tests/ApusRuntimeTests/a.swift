import Testing

@testable import ApusRuntime

@Test func a() { #expect(Bool(true)) }
