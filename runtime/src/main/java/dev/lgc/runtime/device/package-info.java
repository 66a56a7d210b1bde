/** What runs plans. */
package dev.lgc.runtime.device;
