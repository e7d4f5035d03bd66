/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hyperion-agent: owns a data plane for as long as it must outlive the daemon, and does what the
 * daemon asks of it through a socket. Ends on SIGTERM, SIGINT, or when it is asked to.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <hyperion/host.h>

#include "abi/error.h"
#include "backend/agent/client.h"
#include "backend/agent/protocol.h"
#include "backend/agent/run_path.h"
#include "backend/backend.h"
#ifdef HYP_DOCA
#include "examine.h"
#endif
#include "log.h"
#include "serve.h"

#define BACKLOG 8

struct agent {
	struct server server;
	struct hyp_dataplane_options options;
	int lock;
	int ready; /* where to say so, -1: stderr */
};

static const struct hyp_backend *const backends[] = {
	&hyp_backend_ebpf,
#ifdef HYP_DOCA
	&hyp_backend_doca,
#endif
};

static int open_backend(struct agent *agent, struct hyp_error *error)
{
	struct hyp_dataplane_options options = agent->options;
	size_t scheme;

	if (strncmp(options.url, AGENT_SCHEME ":", strlen(AGENT_SCHEME ":")) == 0)
		options.url += strlen(AGENT_SCHEME ":");
	scheme = strcspn(options.url, ":");
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (strlen(backends[i]->scheme) == scheme &&
		    strncmp(backends[i]->scheme, options.url, scheme) == 0)
			return backends[i]->open(&options, &agent->server.dataplane, error);
	}
	return hyp_fail(error, -ENOTSUP, "this " AGENT_PROGRAM " is built without \"%.*s\"", (int)scheme,
			options.url);
}

static int take_lock(struct agent *agent, uint32_t *holder, struct hyp_error *error)
{
	char path[RUN_PATH_MAX];

	run_path_file(path, agent->options.run_path, AGENT_LOCK);
	agent->lock = hyp_host_lock(path, holder, error);
	if (agent->lock == -EWOULDBLOCK)
		return hyp_fail(error, -EALREADY, "another " AGENT_PROGRAM " (pid %u) holds %s", *holder,
				path);
	return agent->lock < 0 ? agent->lock : 0;
}

static int open_socket(struct agent *agent, struct hyp_error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (listener < 0)
		return hyp_fail(error, -errno, "cannot make a socket: %s", strerror(errno));
	agent->server.listener = listener;
	run_path_file(address.sun_path, agent->options.run_path, AGENT_SOCKET);
	/* What lies there was left by one that was killed: the lock is ours. */
	if (unlink(address.sun_path) != 0 && errno != ENOENT)
		return hyp_fail(error, -errno, "cannot remove %s: %s", address.sun_path,
				strerror(errno));
	if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(address.sun_path, 0600) != 0 || listen(listener, BACKLOG) != 0)
		return hyp_fail(error, -errno, "cannot listen on %s: %s", address.sun_path,
				strerror(errno));
	return 0;
}

/* Threads that the backend starts have these signals blocked, too: they come here. */
static int open_signals(struct agent *agent, struct hyp_error *error)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &ending, NULL) != 0)
		return hyp_fail(error, -errno, "cannot block signals: %s", strerror(errno));
	agent->server.signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	return agent->server.signals >= 0 ? 0
					  : hyp_fail(error, -errno, "cannot wait for signals: %s",
						     strerror(errno));
}

static int open_log(const struct agent *agent, struct hyp_error *error)
{
	char path[RUN_PATH_MAX];
	int result;

	if (agent->ready < 0)
		return 0;
	run_path_file(path, agent->options.run_path, AGENT_LOG);
	result = log_open(path);
	return result == 0 ? 0 : hyp_fail(error, result, "cannot write %s: %s", path, strerror(-result));
}

static int agent_open(struct agent *agent, uint32_t *holder, struct hyp_error *error)
{
	int result = run_path_make(agent->options.run_path, error);

	if (result == 0)
		result = take_lock(agent, holder, error);
	if (result == 0)
		result = open_log(agent, error);
	if (result == 0)
		result = open_signals(agent, error);
	if (result == 0)
		result = open_backend(agent, error);
	if (result == 0)
		result = open_socket(agent, error);
	return result;
}

/* Whoever asked for the end sees it last, when everything is let go. */
static void agent_close(struct agent *agent)
{
	char path[RUN_PATH_MAX];

	if (agent->server.dataplane)
		agent->server.dataplane->backend->close(agent->server.dataplane);
	if (agent->server.listener >= 0) {
		run_path_file(path, agent->options.run_path, AGENT_SOCKET);
		unlink(path);
		close(agent->server.listener);
	}
	if (agent->server.signals >= 0)
		close(agent->server.signals);
	if (agent->lock >= 0)
		hyp_host_unlock(agent->lock);
	if (agent->server.client >= 0)
		close(agent->server.client);
}

static void say_ready(const struct agent *agent, struct agent_ready *ready)
{
	if (ready->result < 0)
		log_line("%s", ready->error.message);
	else
		log_line("ready: %s", agent->options.url);
	if (agent->ready < 0)
		return;
	/* Less than PIPE_BUF goes in one piece; if nobody listens any more, the socket says the same. */
	if (write(agent->ready, ready, sizeof(*ready)) < 0)
		log_line("nobody waits for this agent");
	close(agent->ready);
}

/* Leaves whoever started it; keeps nothing of theirs but stdio and `ready`. */
static int detach(int ready)
{
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child > 0)
		_exit(0);
	if (close_range((unsigned int)ready + 1, ~0U, 0) != 0 || fcntl(ready, F_SETFD, FD_CLOEXEC) != 0)
		return -errno;
	return 0;
}

static int usage(void)
{
	fputs("usage: " AGENT_PROGRAM " --run-path DIRECTORY --url URL [--pin-path DIRECTORY]\n"
	      "  [--connections COUNT] [--detach DESCRIPTOR]\n"
	      "  " AGENT_PROGRAM " examine devices|offer|selftest URL [REPRESENTOR VF REPRESENTOR VF]\n"
	      "Owns the data plane URL (doca:…, or agent:ebpf) and serves it on DIRECTORY/" AGENT_SOCKET
	      ".\n--detach: apart from its parent; says on the descriptor when it is ready.\n",
	      stderr);
	return 2;
}

static int read_options(int count, char **arguments, struct agent *agent)
{
	static const struct option names[] = {
		{ "run-path", required_argument, NULL, 'r' },
		{ "url", required_argument, NULL, 'u' },
		{ "pin-path", required_argument, NULL, 'p' },
		{ "connections", required_argument, NULL, 'c' },
		{ "detach", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	struct hyp_dataplane_options *options = &agent->options;
	int name;

	while ((name = getopt_long(count, arguments, "", names, NULL)) != -1) {
		char *end = NULL;
		unsigned long number = 0;

		if (name == 'c' || name == 'd') {
			number = strtoul(optarg, &end, 10);
			if (end == optarg || *end != '\0' || number > INT32_MAX)
				return -EINVAL;
		}
		switch (name) {
		case 'r':
			options->run_path = optarg;
			break;
		case 'u':
			options->url = optarg;
			break;
		case 'p':
			options->pin_path = optarg;
			break;
		case 'c':
			options->connections_max = (uint32_t)number;
			break;
		case 'd':
			agent->ready = (int)number;
			break;
		default:
			return -EINVAL;
		}
	}
	return optind == count && options->run_path && options->url ? 0 : -EINVAL;
}

/* Owns the data plane until its end. */
static int own(int count, char **arguments)
{
	struct agent agent = {
		.server = { .listener = -1, .signals = -1, .client = -1 },
		.options = { .size = sizeof(agent.options), .pin_path = "" },
		.lock = -1,
		.ready = -1,
	};
	struct agent_ready ready = { 0 };

	if (read_options(count, arguments, &agent) != 0)
		return usage();
	agent.server.url = agent.options.url;
	if (agent.ready >= 0)
		ready.result = detach(agent.ready);
	umask(077);
	if (ready.result == 0 && chdir("/") != 0)
		ready.result = -errno;
	if (ready.result < 0)
		hyp_fail(&ready.error, ready.result, "cannot detach: %s", strerror(-ready.result));
	else
		ready.result = agent_open(&agent, &ready.process, &ready.error);
	say_ready(&agent, &ready);
	if (ready.result == 0) {
		serve(&agent.server);
		log_line("ending");
	}
	agent_close(&agent);
	return ready.result == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
#ifdef HYP_DOCA
	if (count > 1 && strcmp(arguments[1], "examine") == 0) {
		int status = examine(count - 2, arguments + 2);

		return status == 2 ? usage() : status;
	}
#endif
	return own(count, arguments);
}
