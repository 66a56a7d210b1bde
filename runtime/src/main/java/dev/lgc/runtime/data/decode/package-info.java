/**
 * Decoding of image files to 8-bit red, green and blue on white, row by row.
 *
 * <p>A {@link dev.lgc.runtime.data.decode.Decoder} tells the format by the content and sends rows
 * to a {@link dev.lgc.runtime.data.decode.PixelSink}. Pixels are those of the format's own library
 * (libwebp, libjpeg, libpng, libtiff); docs/pictures.md says where they are not. What decoding
 * takes beside the rows is bounded by a {@link dev.lgc.runtime.data.decode.DecodeLimit}, and what
 * all decoders of JPEG together take outside of the heap by {@link
 * dev.lgc.runtime.data.decode.Coefficients}.
 */
package dev.lgc.runtime.data.decode;
