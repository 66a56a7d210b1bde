/**
 * Drawings of models, for people.
 *
 * <p>{@link dev.lgc.runtime.drawing.GraphDrawing} draws a graph as SVG: nodes of a block share a
 * box, boxes stand in layers below what they compute from.
 */
package dev.lgc.runtime.drawing;
