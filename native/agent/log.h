/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's log: lines on stderr, which may be a file of bounded size. */
#ifndef HYPERION_AGENT_LOG_H
#define HYPERION_AGENT_LOG_H

/* Makes stderr and stdout the file, for us and for libraries that write there. 0 or -errno. */
int log_open(const char *path);

/* Starts the file anew when it has become too long; what it held is kept as PATH.old. */
void log_turn(void);

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
