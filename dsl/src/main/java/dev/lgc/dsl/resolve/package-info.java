/**
 * Files and names.
 *
 * <p>{@link dev.lgc.dsl.resolve.Loader} finds what an import names: beside the importing file, then
 * in the library on the class path. {@link dev.lgc.dsl.resolve.Modules} follows the imports of a
 * file, refuses circles, and checks every name of every file it meets, whether anything uses it or
 * not. The result, a {@link dev.lgc.dsl.resolve.Module}, knows which declarations its file can see.
 * What a name inside a block stands for is found in {@link dev.lgc.dsl.check}, where blocks get
 * their arguments.
 */
package dev.lgc.dsl.resolve;
