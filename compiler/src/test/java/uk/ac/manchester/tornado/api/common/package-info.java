/** The types of tasks, under TornadoVM's names. */
package uk.ac.manchester.tornado.api.common;
