/// What a step down the tree reads of a node: 32 bytes, so that it mostly touches one cache line.
///
/// Nodes lie in a double array (J. Aoe, "An Efficient Digital Search Algorithm by Using a Double-Array Structure", IEEE
/// Transactions on Software Engineering 15(9), 1989): the child for a byte is at ``children`` plus that byte, if what
/// lies there has this node as its ``parent``. One load finds the child and tells whether it is one.
struct RouteNode: BitwiseCopyable {
    /// The literal's bytes 0 to 7, lowest first.
    var head: UInt64 = 0
    /// The literal's bytes 8 to 15.
    var middle: UInt64 = 0
    /// The literal's length in bytes.
    var literalCount: UInt16 = 0
    /// Half the number of bits by which `head` is shifted left to lose the bytes that are none of the literal's.
    var headShift: UInt8 = 32
    /// The same for `middle`.
    var middleShift: UInt8 = 32
    /// The node above; 0 in a place where there is no node, and in the root.
    var parent: UInt32 = 0
    /// Where the children lie, less the first byte of their literals.
    var children: UInt32 = 0
    /// Where to go on when no child matches: this node's own alternatives, or else ``RouteNodeEnd/fallback``.
    var alternative = RouteFallback.none
}

/// What a walk reads of a node at which it ends, or to which it goes back; beside the ``RouteNode`` of the same index.
struct RouteNodeEnd: BitwiseCopyable {
    /// How many segments are captured above this node.
    var captures: UInt8 = 0
    /// How many literal bytes lie between the last captured segment and the end of this node's literal.
    var depth: UInt16 = 0
    /// The row of routes that end here; 0 for none, as in the next two.
    var row: UInt32 = 0
    /// The row of routes that end with `**` here.
    var catchAllRow: UInt32 = 0
    /// The row of routes that end with a captured segment here.
    var parameterRow: UInt32 = 0
    /// The node behind a captured segment here.
    var parameterNext: UInt32 = 0
    /// Where to go on when nothing from this node on matches.
    var fallback = RouteFallback.none
    /// Where bytes 16 and on of the literal stand in ``RouteTree/tails``.
    var tail: UInt32 = 0

    /// Where node `index`, whose end this is, goes on when no captured segment leads anywhere.
    func fallbackToCatchAll(of index: Int) -> UInt32 {
        catchAllRow != 0 ? RouteFallback.catchAll(of: index) : fallback
    }
}

/// How far a walk goes back when a node leads nowhere: the nearest node above with an alternative not yet tried.
///
/// It is known when the tree is built, and so is where in the path that alternative begins (``RouteNodeEnd/depth``
/// behind the last capture above it): a walk keeps no stack, and never enters a node twice.
enum RouteFallback {
    static let none: UInt32 = 0
    static func parameter(of node: Int) -> UInt32 { UInt32(truncatingIfNeeded: node) &<< 1 }
    static func catchAll(of node: Int) -> UInt32 { UInt32(truncatingIfNeeded: node) &<< 1 | 1 }
    static func node(of fallback: UInt32) -> Int { Int(fallback &>> 1) }
    static func isParameter(_ fallback: UInt32) -> Bool { fallback & 1 == 0 }
}
