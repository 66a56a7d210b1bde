package dev.lgc.compiler.rewrite;

/**
 * A generator's sequence, as its steps decode it.
 *
 * @param codes the input with the codes
 * @param owner of the steps' caches: what their paths begin with
 * @param guided whether each sample is decoded twice, with its conditions and with their nulls
 */
public record Decoding(String codes, String owner, boolean guided) {}
