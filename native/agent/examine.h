/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `hyperion doctor` asks of the agent's program: what DOCA devices there are, whether one offers
 * what the data plane needs, whether what is assumed of it holds. Prints a JSON object a line on
 * stdout. Serves nobody; nothing else may use the device meanwhile.
 *
 *   hyperion-agent examine devices URL
 *   hyperion-agent examine offer URL
 *   hyperion-agent examine selftest URL REPRESENTOR VF REPRESENTOR VF     names of netdevs
 */
#ifndef HYPERION_AGENT_EXAMINE_H
#define HYPERION_AGENT_EXAMINE_H

/* Arguments behind "examine". An exit status: 0, 1 with a JSON object {"kind":"error"}, 2 for usage. */
int examine(int count, char **arguments);

#endif
