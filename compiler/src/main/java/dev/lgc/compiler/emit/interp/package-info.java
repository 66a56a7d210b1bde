/**
 * The reference interpreter: what every other target is compared with. It evaluates the algorithm
 * of each op as it stands, one element after the other, and knows no op by name.
 */
package dev.lgc.compiler.emit.interp;
