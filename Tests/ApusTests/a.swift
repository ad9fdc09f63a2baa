import Testing

@testable import Apus

@Test func a() { #expect(Bool(true)) }
