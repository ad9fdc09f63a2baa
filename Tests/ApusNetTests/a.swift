import Testing

@testable import ApusNet

@Test func a() { #expect(Bool(true)) }
