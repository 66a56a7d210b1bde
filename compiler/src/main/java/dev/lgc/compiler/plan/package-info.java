/**
 * The execution plan: everything known before the first step.
 *
 * <pre>
 * ExecutionPlan ::= model, storage: StoredTensor*, arena sizes, constants, kernels: Kernel*, steps: Step*
 * StoredTensor  ::= id: StoredId (role, path), slot, layout: TensorLayout
 * Step          ::= name, inputs: name -> Slot, outputs: name -> Slot, calls: KernelCall*
 * KernelCall    ::= kernel number, slots (one per buffer), origin
 * Slot          ::= arena, byte offset, type
 * Arena         ::= PARAMETERS | STATE | GRADIENTS | CONSTANTS | IO | WORK
 * </pre>
 *
 * <p>All steps of a plan share its arenas. PARAMETERS and STATE live as long as the session; IO
 * holds each step's inputs and outputs, disjoint between steps only where both are alive (an export
 * read by a later objective keeps its place); WORK is scratch of one step at a time, as large as
 * the largest step needs. GRADIENTS live from the step that writes them, and are the first bytes of
 * WORK: where that step does not read them, each gradient's memory is scratch for as long as the
 * step has not come to it. The activations of late layers are gone before the gradients of early
 * ones are there. Offsets are multiples of 64 bytes.
 */
package dev.lgc.compiler.plan;
