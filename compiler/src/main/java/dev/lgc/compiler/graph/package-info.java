/**
 * The tensor graph: what a step computes, as static single assignment.
 *
 * <pre>
 * Graph  ::= name  nodes: Node*  outputs: name -> value  updates: key -> value
 * Node   ::= op  operands: value*  type  origin            a value is a node's number; operands have smaller ones
 * Origin ::= where (.arch place)  module (sub-block path)  derivation
 * </pre>
 *
 * <p>Numerics are those of {@link dev.lgc.compiler.algorithm}. Every read of a stored tensor sees
 * the value from before the graph ran; updates happen at its end. Nodes have no effects: equal
 * nodes are one node, and a node that nothing needs may go. To compute a value twice takes an
 * {@link dev.lgc.compiler.op.After} among what it is computed from.
 *
 * <p>{@link dev.lgc.compiler.graph.GraphBuilder} makes graphs, {@link
 * dev.lgc.compiler.graph.Verifier} checks them and {@link dev.lgc.compiler.graph.GraphDump} prints
 * them.
 */
package dev.lgc.compiler.graph;
