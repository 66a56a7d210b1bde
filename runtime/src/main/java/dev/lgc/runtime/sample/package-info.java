/**
 * Sampling: from conditions to codes to pictures.
 *
 * <pre>
 * classes or captions --CodeSampler (codes.prefill, codes.step …)--> codes --Decoder (decode)--> pictures
 * </pre>
 *
 * <p>The generator's plan does the arithmetic of a step: guidance, temperature, top-k, top-p and
 * the draw. What happens here is the loop over positions, and cutting many samples into batches of
 * the compiled size.
 *
 * <p>{@link dev.lgc.runtime.sample.Tokenizer} goes the other way, from pictures to codes.
 */
package dev.lgc.runtime.sample;
