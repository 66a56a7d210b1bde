/** Functions of floats, under TornadoVM's names. */
package uk.ac.manchester.tornado.api.math;
