/**
 * The {@code .lgc} file: what {@code lgc compile} writes and everything else reads.
 *
 * <p>A zip whose entries come in this order, with fixed times, so that equal content is equal
 * bytes:
 *
 * <pre>
 * ATTACHMENT            stored, and aligned to 4096 bytes; opaque here; any number of them
 * manifest              text: "lgc-artifact 8", then lines "model NAME", "fingerprint HEX", "argument NAME VALUE",
 *                       and "plan PURPOSE" for each plan in turn
 * sources/FILE          the .arch files as they were
 * outline               what entries take and give, below
 * plans/0, plans/1, …   an execution plan for each purpose, below
 * tokenizer             another such file, of the tokenizer that the model names; may be missing
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
 * call     ::= 0 kernel n slot* source | kind size stride n slot* n slot* source
 *              in version 7: kernel n slot* source
 * kind     ::= 1 | 2 | 3                             allgather, allreduce, reducescatter; with operands and results
 * source   ::= where module derivation label
 * slot     ::= arena offset type
 * type     ::= dtype n dim*
 *
 * outline  ::= "LGCO" version:u8 strings name texts facts n entry* n tokenizer*
 * texts    ::= n (name text)*
 * facts    ::= n (name kind text)*                   kinds: int, float, bool, string
 * entry    ::= name kind n (name type where)* n (name type)* generated where
 * tokenizer::= name texts facts
 * </pre>
 *
 * <p>Numbers are unsigned LEB128; enums are their ordinal; literals and elements are raw IEEE or
 * two's complement bits of their type.
 *
 * <p>Attachments are weights: too large to be read with the rest, they are mapped where they are.
 *
 * <p>A plan is read when it is first asked for, so that a command pays for the one it runs. Then
 * the reader trusts nothing: counts are held against the bytes that are left, sizes against limits,
 * numbers against what they number, kernels against {@link dev.lgc.compiler.kernel.KernelVerifier},
 * slots against their arenas. Whatever is wrong with a file comes out as one {@link
 * dev.lgc.compiler.plan.artifact.ArtifactException}.
 */
package dev.lgc.compiler.plan.artifact;
