/**
 * oneDNN: contractions and convolutions by Intel's library, called through the foreign function
 * interface.
 *
 * <pre>
 * Kernel --Product | ImageConvolution--> DnnlProduct | DnnlConvolution --> DnnlCode of Parts of primitives
 * </pre>
 *
 * <p>A kernel is cut into parts that do not depend on the number of threads; each is computed by
 * one of our threads, with oneDNN's own threading switched off. So results have the same bits
 * whatever the number of threads, and there is one pool of threads. Primitives, memory objects and
 * argument lists are made when a kernel is compiled; scratch memory is the thread's, as for every
 * kernel.
 */
package dev.lgc.runtime.device.cpu.dnnl;
