/**
 * The {@code .lgc} file: what {@code lgc compile} writes and everything else reads.
 *
 * <p>A zip whose entries come in this order, with fixed times, so that equal content is equal
 * bytes:
 *
 * <pre>
 * manifest              text: "lgc-artifact 4", then lines "model NAME", "fingerprint HEX", "argument NAME VALUE"
 * sources/FILE          the .arch files as they were
 * plan                  the execution plan, below
 * code/TARGET/NAME      what an emitter made of the kernels; opaque here
 *
 * plan     ::= "LGCP" version:u8 strings storage arenas constants kernels steps
 * strings  ::= n (bytes utf8)*                       every other string is a number into this table
 * storage  ::= n (path role slot)*
 * arenas   ::= bytes*                                one per Arena, in its order
 * constants::= n (slot element*)*
 * kernels  ::= n kernel*
 * kernel   ::= name n buffer* n axis* scalars n stage*
 * buffer   ::= dtype elements access
 * axis     ::= number extent
 * scalars  ::= n scalar*                             operands are numbers of earlier scalars
 * stage    ::= target n axis* n axis* reducer scalar n (axis scalar)*
 * steps    ::= n (name n (name slot)* n (name slot)* workBytes n call*)*
 * call     ::= kernel n slot* where module derivation label
 * slot     ::= arena offset dtype n dim*
 * </pre>
 *
 * <p>Numbers are unsigned LEB128; enums are their ordinal; literals and elements are raw IEEE or
 * two's complement bits of their type.
 *
 * <p>A reader trusts nothing: counts are held against the bytes that are left, sizes against
 * limits, numbers against what they number, kernels against {@link
 * dev.lgc.compiler.kernel.KernelVerifier}, slots against their arenas. Whatever is wrong with a
 * file comes out as one {@link dev.lgc.compiler.plan.artifact.ArtifactException}.
 */
package dev.lgc.compiler.plan.artifact;
