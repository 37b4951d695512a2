/** Which host serves the next request: priorities, panic, and the policies within a priority. */
@NullMarked
package io.bifocal.dataplane.balance;

import org.jspecify.annotations.NullMarked;
