/**
 * The execution plan: everything known before the first step.
 *
 * <pre>
 * ExecutionPlan ::= model, storage: StoredTensor*, arena sizes, constants, kernels: Kernel*, steps: Step*
 * StoredTensor  ::= id: StoredId (role, path), slot, layout: TensorLayout [, block: ParameterBlock]
 * Step          ::= id: StepId (entry, kind, batch size), inputs: name -> Slot, outputs: name -> Slot, calls: Call*
 * Call          ::= KernelCall | CollectiveCall
 * KernelCall    ::= kernel number, slots (one per buffer), origin
 * CollectiveCall::= Collective, from: Slot*, to: Slot*, origin
 * Slot          ::= arena, byte offset, type
 * Arena         ::= PARAMETERS | STATE | GRADIENTS | CONSTANTS | IO | WORK
 * </pre>
 *
 * <p>All steps of a plan share its arenas. PARAMETERS and STATE live as long as the session; IO
 * holds each step's inputs and outputs, disjoint between steps only where both are alive (an {@link
 * dev.lgc.compiler.plan.Export} read by a later objective keeps its place); WORK is scratch of one
 * step at a time, as large as the largest step needs. GRADIENTS live from the step that writes
 * them, and are the first bytes of WORK: where that step does not read them, each gradient's memory
 * is scratch for as long as the step has not come to it. The activations of late layers are gone
 * before the gradients of early ones are there. Offsets are multiples of 64 bytes.
 *
 * <p>Collectives are calls between those of kernels, in one order on all ranks, which have the same
 * plan. Neighbouring ones share a call ({@link dev.lgc.compiler.plan.CollectiveBuckets}); the calls
 * that a collective may run beside follow from the plan ({@link
 * dev.lgc.compiler.plan.CollectiveWaits}). Where an all-reduce is all that reads its operand and
 * its result is a stored tensor, the operand is computed into that tensor's place.
 */
package dev.lgc.compiler.plan;
