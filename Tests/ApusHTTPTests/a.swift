import Testing

@testable import ApusHTTP

@Test func a() { #expect(Bool(true)) }
