/**
 * Device arrays, as far as emitted kernels know them. Names are TornadoVM's, so that the class
 * files are those that TornadoVM gets.
 */
package uk.ac.manchester.tornado.api.types.arrays;
