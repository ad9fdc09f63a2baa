/// A node of the finished tree: 64 bytes, so that a step of a lookup touches one or two cache lines.
struct RouteNode: BitwiseCopyable {
    /// How far a lookup goes back when a node leads nowhere: the nearest ancestor with an alternative not yet tried.
    ///
    /// It is known when the tree is built, and so is where in the path that alternative begins (see ``depth``):
    /// a lookup keeps no stack, and enters each node once at most.
    enum Fallback {
        static let none: UInt32 = 0
        static func parameter(of node: Int) -> UInt32 { UInt32(node) << 1 }
        static func catchAll(of node: Int) -> UInt32 { UInt32(node) << 1 | 1 }
    }

    /// The literal's bytes 1 to 8, lowest first. Byte 0 was compared when this node was chosen.
    var prefix: UInt64 = 0
    /// Which bits of `prefix` are part of the literal.
    var prefixMask: UInt64 = 0
    /// The first bytes of up to eight children's literals, lowest first, zero where there is none.
    var childBytes: UInt64 = 0
    /// The first child; its sisters follow it.
    var firstChild: UInt32 = 0
    /// With more than eight children: where in the tables 256 ordinals (from 1) by first byte stand, plus one.
    var childTable: UInt32 = 0
    /// The literal's length in bytes.
    var literalCount: UInt16 = 0
    /// How many segments are captured above this node.
    var captures: UInt8 = 0
    /// Where bytes 9 and on of the literal stand in the tables.
    var literalRest: UInt32 = 0
    /// How many literal bytes lie between the last captured segment and the end of this node's literal.
    var depth: UInt32 = 0
    /// The row of routes that end here.
    var row: UInt32 = 0
    /// The row of routes that end with `**` here.
    var catchAllRow: UInt32 = 0
    /// The row of routes that end with a captured segment here.
    var parameterRow: UInt32 = 0
    /// The node behind a captured segment here.
    var parameterNext: UInt32 = 0
    /// Where to go on when this node's literal does not match, or nothing below it does.
    var fallback: UInt32 = Fallback.none
}
