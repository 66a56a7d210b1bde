/**
 * What emitted kernels know of TornadoVM, emulated: the names are TornadoVM's, so that the class
 * files are those that TornadoVM gets.
 */
package uk.ac.manchester.tornado.api;
