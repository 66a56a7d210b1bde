/**
 * The stages of a compilation for people to read: what {@code --dump} and {@code lgc show} print.
 *
 * {@snippet :
 * CompilationDump dump = new CompilationDump(model, purposes, memory, () -> plans);
 * out.print(dump.text(List.of(DumpItem.Stage.graph, DumpItem.Stage.memory), "codes.step"));
 * }
 *
 * <p>A {@link dev.lgc.runtime.dump.DumpItem} is a stage or the name of a pass. Each IR prints
 * itself where it is defined, as {@link dev.lgc.compiler.graph.GraphDump} prints graphs; {@link
 * dev.lgc.runtime.dump.CompilationDump} only finds the right one. A new stage is a constant of
 * {@link dev.lgc.runtime.dump.DumpItem.Stage} and a case there.
 */
package dev.lgc.runtime.dump;
