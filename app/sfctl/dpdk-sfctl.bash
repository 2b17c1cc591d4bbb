# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash
#
# Completion of dpdk-sfctl's commands, options, devices and PFs.

_dpdk_sfctl() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]:-} words

	case $COMP_CWORD,$command in
	1,*) words="list doctor create activate deactivate delete bind unbind watch
		--all --json --help --version --sfnum --count --mac --bind --wait" ;;
	2,create) words=$(devlink dev show 2>/dev/null) ;;
	2,doctor | 2,activate | 2,deactivate | 2,delete | 2,bind | 2,unbind)
		words=$(dpdk-sfctl list --all 2>/dev/null | awk 'NR > 1 { print $1 }') ;;
	3,bind) words=$(cd /sys/bus/auxiliary/drivers 2>/dev/null && echo *) ;;
	*,delete) words="--sfnum --count" ;;
	*,create) words="--sfnum --count --mac --bind --wait --json" ;;
	*) words="--all --json" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _dpdk_sfctl dpdk-sfctl
